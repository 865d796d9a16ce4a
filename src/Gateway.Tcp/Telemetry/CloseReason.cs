using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Telemetry;

/// <summary>Why a connection ended, as side × phase: exactly one for each, used for the access log and the metric labels alike.</summary>
internal enum CloseReason : byte
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

    /// <summary>A header from a peer that may not send one, after the backend was dialled.</summary>
    UntrustedHeader,

    /// <summary>A second header behind a believed one, after the backend was dialled.</summary>
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

    /// <summary>Rejected: the connection's original destination may not be dialled.</summary>
    OriginalDestination,

    /// <summary>Closed without a byte by a peer that may do so.</summary>
    HealthCheck,
}

/// <summary>The names of close reasons.</summary>
internal static class CloseReasons
{
    private static readonly string[] Labels =
    [
        "error", "client_fin", "backend_fin", "client_reset", "backend_reset", "idle_timeout", "max_duration", "drain", "late_header", "untrusted_header", "nested_header",
        "backend_connect_failed", "backend_connect_timeout", OwnListeners.Reason, "backend_send_failed", "source_ip", "resources",
        "limit", "draining", "proxy_protocol", "toa", "no_route", "no_destination", "original_destination", "health_check",
    ];

    /// <summary>
    /// The reasons of routed connections (<c>closed</c>). A reason belongs into this list, into <see cref="OfRejected"/>, or into both: their series are there at zero from the start.
    /// </summary>
    public static IReadOnlyList<CloseReason> OfClosed { get; } =
    [
        CloseReason.Error, CloseReason.ClientFin, CloseReason.BackendFin, CloseReason.ClientReset, CloseReason.BackendReset, CloseReason.IdleTimeout, CloseReason.MaxDuration,
        CloseReason.Drain, CloseReason.LateHeader, CloseReason.UntrustedHeader, CloseReason.NestedHeader, CloseReason.BackendConnectFailed, CloseReason.BackendConnectTimeout,
        CloseReason.BackendSendFailed, CloseReason.SourceIpUnusable, CloseReason.Resources, CloseReason.NoDestination, CloseReason.OriginalDestination, CloseReason.HealthCheck,
        CloseReason.Self, CloseReason.Limit,
    ];

    /// <summary>Those of them that say that something is wrong with a route: what alerts watch, however many routes there are.</summary>
    public static IReadOnlyList<CloseReason> OfFailures { get; } =
    [
        CloseReason.Error, CloseReason.BackendConnectFailed, CloseReason.BackendConnectTimeout, CloseReason.SourceIpUnusable, CloseReason.Resources, CloseReason.NoDestination,
        CloseReason.Self,
    ];

    /// <summary>The reasons of connections that ended before they were routed (<c>rejected</c>).</summary>
    public static IReadOnlyList<CloseReason> OfRejected { get; } =
    [
        CloseReason.Error, CloseReason.ClientReset, CloseReason.Resources, CloseReason.Limit, CloseReason.Draining, CloseReason.ProxyProtocol, CloseReason.Toa, CloseReason.NoRoute,
        CloseReason.NoDestination, CloseReason.OriginalDestination,
    ];

    /// <summary>The value of the label <c>reason</c>.</summary>
    public static string Label(this CloseReason reason) => Labels[(int)reason];
}
