namespace Gateway.Tcp.Telemetry;

/// <summary>The metrics that a close reason counts in; their series are there at zero from the start.</summary>
[Flags]
public enum ReasonSeries : byte
{
    /// <summary>In none of these: it has a counter of its own.</summary>
    None = 0,

    /// <summary>Connections that were routed, by route.</summary>
    Closed = 1,

    /// <summary>
    /// Those of <see cref="Closed"/> that say that something is wrong with a route: what alerts watch, however many routes there are.
    /// </summary>
    Faults = 2,

    /// <summary>Connections of TCP listeners that ended before they were routed.</summary>
    RejectedTcp = 4,

    /// <summary>Connections of HTTP listeners that ended before HTTP started.</summary>
    RejectedHttp = 8,

    /// <summary>The same of Probes and Admin, which know no limit and no drain.</summary>
    RejectedOwn = 16,
}
