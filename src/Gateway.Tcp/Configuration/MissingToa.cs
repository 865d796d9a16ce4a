namespace Gateway.Tcp.Configuration;

/// <summary>What happens to a connection of a trusted peer without an option.</summary>
public enum MissingToa
{
    /// <summary>The peer is the client.</summary>
    Peer,

    /// <summary>The connection is refused.</summary>
    Reject,
}
