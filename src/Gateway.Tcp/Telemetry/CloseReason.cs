namespace Gateway.Tcp.Telemetry;

/// <summary>
/// Why a connection ended, on either plane, or why a request failed. Each connection has exactly one reason, and each failed request too.
/// The table <see cref="CloseReasons"/> has everything that follows from a reason: label, side, metrics, warning, and whether the
/// destination is to blame.
/// </summary>
public enum CloseReason : byte
{
    /// <summary>The connection has not ended yet. If it has ended: a bug of the gateway.</summary>
    Error,

    /// <summary>Both directions ended in order, the client's first.</summary>
    ClientFin,

    /// <summary>Both directions ended in order, the backend's first.</summary>
    BackendFin,

    /// <summary>The client reset the connection, or its socket failed.</summary>
    ClientReset,

    /// <summary>The backend reset the connection, or its socket failed.</summary>
    BackendReset,

    /// <summary>No byte for the route's IdleTimeout.</summary>
    IdleTimeout,

    /// <summary>The route's MaxDuration was reached.</summary>
    MaxDuration,

    /// <summary>The gateway ended the connection at shutdown.</summary>
    Drain,

    /// <summary>The gateway ended the connection, because health checks took its destination out of use.</summary>
    Unhealthy,

    /// <summary>An operator closed the connection through the API of the Admin listener.</summary>
    Admin,

    /// <summary>A trusted peer's header came after OptionalWait.</summary>
    LateHeader,

    /// <summary>A header from a peer that may not send one, after the backend was dialed.</summary>
    UntrustedHeader,

    /// <summary>A second header behind a trusted header, after the backend was dialed.</summary>
    NestedHeader,

    /// <summary>Every destination refused, reset or was unreachable.</summary>
    BackendConnectFailed,

    /// <summary>The last destination did not answer within ConnectTimeout.</summary>
    BackendConnectTimeout,

    /// <summary>The last destination was one of our own listeners.</summary>
    Self,

    /// <summary>The backend did not take the PROXY header and the first payload.</summary>
    BackendSendFailed,

    /// <summary>The client's address could not be the source, and the fallback is Reject.</summary>
    SourceIpUnusable,

    /// <summary>No descriptor, port or memory left for the backend's connection.</summary>
    Resources,

    /// <summary>Every usable destination had MaxConnections, and nobody waits, too many wait, or the wait was over.</summary>
    DestinationLimit,

    /// <summary>Too many connections: this connection was rejected, or it was silent for longest and gave way to another.</summary>
    Limit,

    /// <summary>Rejected by the listener's Access section.</summary>
    AccessDenied,

    /// <summary>Rejected: the client has too many connections, or opens them too fast.</summary>
    ClientLimit,

    /// <summary>Rejected: the listener has too many connections.</summary>
    ListenerLimit,

    /// <summary>Rejected: the route has too many connections.</summary>
    RouteLimit,

    /// <summary>Rejected: draining had begun before the connection was routed.</summary>
    Draining,

    /// <summary>Rejected by the listener's PROXY protocol policy.</summary>
    ProxyProtocol,

    /// <summary>Rejected by the listener's Toa policy.</summary>
    Toa,

    /// <summary>Rejected: no ClientHello, a broken one, or one that was too long or too slow.</summary>
    ClientHello,

    /// <summary>Rejected: the TLS handshake with the client failed.</summary>
    Tls,

    /// <summary>No destination's TLS could be begun.</summary>
    BackendTls,

    /// <summary>Rejected: no route for this client.</summary>
    NoRoute,

    /// <summary>Rejected: the route's cluster has no address to dial.</summary>
    NoDestination,

    /// <summary>Rejected: health checks have taken every destination of the route's cluster out of use.</summary>
    NoHealthyDestination,

    /// <summary>Rejected: the connection's original destination may not be dialed.</summary>
    OriginalDestination,

    /// <summary>The peer closed the connection without a byte, and its listener permits this (a load balancer's health check).</summary>
    HealthCheck,

    /// <summary>Probes and Admin: there were too many connections, and this connection had been quiet for longest.</summary>
    GaveWay,

    /// <summary>Probes and Admin: no byte within seconds.</summary>
    Silent,

    /// <summary>HTTP/2: most of its frames carried nothing.</summary>
    FrameFlood,

    /// <summary>Request: the client left, or broke off its body.</summary>
    ClientLeft,

    /// <summary>Request: the client took nothing of its response for too long, or others needed its place more.</summary>
    ResponseStalled,

    /// <summary>Request: refused because it breaks a rule of HTTP or of the gateway.</summary>
    BadRequest,

    /// <summary>Request: refused because it passed too many gateways, so that it would never end.</summary>
    Loop,

    /// <summary>Request: it cannot be sent on as it is.</summary>
    Unsendable,

    /// <summary>Request: the route's Timeout was over, or the client stalled its body.</summary>
    RequestTimeout,

    /// <summary>Request: the destination closed before it answered the whole request.</summary>
    BackendNoAnswer,

    /// <summary>Request: the destination was silent for too long, with the whole request.</summary>
    BackendTimeout,

    /// <summary>Request: the destination's answer broke off.</summary>
    BackendAnswerBroken,

    /// <summary>Request: the destination's answer cannot be passed on.</summary>
    BackendAnswerInvalid,

    /// <summary>Request: the destination broke off the request's body; mostly a body that it does not want.</summary>
    BackendUploadBroken,
}
