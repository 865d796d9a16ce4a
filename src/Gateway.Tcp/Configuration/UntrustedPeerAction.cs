namespace Gateway.Tcp.Configuration;

/// <summary>What happens to a peer that is neither trusted nor a health checker.</summary>
public enum UntrustedPeerAction
{
    /// <summary>It is refused at once.</summary>
    Reject,

    /// <summary>It is the client; a PROXY header from it is refused.</summary>
    Direct,
}
