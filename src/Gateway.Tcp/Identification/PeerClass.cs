namespace Gateway.Tcp.Identification;

/// <summary>The class of a peer in a listener's policy.</summary>
public enum PeerClass : byte
{
    /// <summary>The peer is neither trusted nor a health checker, and the policy refuses such peers.</summary>
    Rejected,

    /// <summary>The peer is neither trusted nor a health checker. The peer is the client itself, and may not send a header.</summary>
    Direct,

    /// <summary>A health checker may send no header, or connect and close; it may not name an address.</summary>
    HealthChecker,

    /// <summary>The peer may name a client.</summary>
    Trusted,
}
