namespace Gateway.Tcp.Telemetry;

/// <summary>
/// Why a connection ended, on either plane: exactly one reason for each. What a reason says (its label, whose end it was, where it counts,
/// who is warned) is in one table, <see cref="CloseReasons"/>.
/// </summary>
public enum CloseReason : byte
{
    /// <summary>Not ended yet; at the end, a fault of ours.</summary>
    Error,

    /// <summary>Both directions ended in order, the client's first.</summary>
    ClientFin,

    /// <summary>Both directions ended in order, the backend's first.</summary>
    BackendFin,

    /// <summary>The client reset, or its socket failed.</summary>
    ClientReset,

    /// <summary>The backend reset, or its socket failed.</summary>
    BackendReset,

    /// <summary>No byte for the route's IdleTimeout.</summary>
    IdleTimeout,

    /// <summary>The route's MaxDuration was reached.</summary>
    MaxDuration,

    /// <summary>Ended by us at shutdown.</summary>
    Drain,

    /// <summary>A trusted peer's header came after OptionalWait.</summary>
    LateHeader,

    /// <summary>A header from a peer that may not send one, after the backend was dialed.</summary>
    UntrustedHeader,

    /// <summary>A second header behind a believed one, after the backend was dialed.</summary>
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

    /// <summary>Too many connections: rejected, or the longest silent one gave way to another.</summary>
    Limit,

    /// <summary>Rejected: it came, or was not routed yet, when draining began.</summary>
    Draining,

    /// <summary>Rejected by the listener's PROXY protocol policy.</summary>
    ProxyProtocol,

    /// <summary>Rejected by the listener's Toa policy.</summary>
    Toa,

    /// <summary>Rejected: no route for this client.</summary>
    NoRoute,

    /// <summary>Rejected: the route's cluster has no address to dial.</summary>
    NoDestination,

    /// <summary>Rejected: the connection's original destination may not be dialed.</summary>
    OriginalDestination,

    /// <summary>Closed without a byte by a peer that may do so.</summary>
    HealthCheck,

    /// <summary>Probes and Admin: there were too many, and this one was quiet for longest.</summary>
    GaveWay,

    /// <summary>Probes and Admin: no byte within seconds.</summary>
    Silent,

    /// <summary>HTTP/2: most of its frames carried nothing.</summary>
    FrameFlood,
}
