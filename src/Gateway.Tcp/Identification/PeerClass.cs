namespace Gateway.Tcp.Identification;

/// <summary>What a listener's policy makes of a peer.</summary>
public enum PeerClass : byte
{
    /// <summary>Neither trusted nor a health checker, and such peers are refused.</summary>
    Rejected,

    /// <summary>Neither trusted nor a health checker: it is the client itself, and may not send a header.</summary>
    Direct,

    /// <summary>It may come without a header, or connect and close; it may not claim an address.</summary>
    HealthChecker,

    /// <summary>It may speak for a client.</summary>
    Trusted,
}
