namespace Gateway.Tcp.Configuration;

/// <summary>What a trusted peer without an option is.</summary>
public enum MissingToa
{
    /// <summary>It is the client.</summary>
    Peer,

    /// <summary>It is refused.</summary>
    Reject,
}
