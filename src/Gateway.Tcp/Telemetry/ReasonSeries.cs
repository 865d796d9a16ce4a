namespace Gateway.Tcp.Telemetry;

/// <summary>The metrics that count a close reason. Their series exist at zero from the start.</summary>
[Flags]
public enum ReasonSeries : byte
{
    /// <summary>None of these metrics: the reason has its own counter.</summary>
    None = 0,

    /// <summary>Connections that were routed, by route.</summary>
    Closed = 1,

    /// <summary>
    /// The part of <see cref="Closed"/> that shows a problem of a route. Alerts watch these series, however many routes there are.
    /// </summary>
    Faults = 2,

    /// <summary>Connections of TCP listeners that ended before they were routed.</summary>
    RejectedTcp = 4,

    /// <summary>Connections of HTTP listeners that ended before HTTP started.</summary>
    RejectedHttp = 8,

    /// <summary>
    /// Connections of Probes and Admin that ended before HTTP started. The connection limit does not hold for them, and they do not drain.
    /// </summary>
    RejectedOwn = 16,

    /// <summary>Requests that failed.</summary>
    Requests = 32,

    /// <summary>The part of <see cref="Requests"/> that shows a problem of a destination.</summary>
    RequestFaults = 64,
}
