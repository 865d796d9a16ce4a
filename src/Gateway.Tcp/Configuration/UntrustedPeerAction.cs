namespace Gateway.Tcp.Configuration;

/// <summary>What happens to a peer that is neither trusted nor a health checker.</summary>
public enum UntrustedPeerAction
{
    /// <summary>The peer is refused at once.</summary>
    Reject,

    /// <summary>The peer is the client; a PROXY header from the peer is refused.</summary>
    Direct,
}
