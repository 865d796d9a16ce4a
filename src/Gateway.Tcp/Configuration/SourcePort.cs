namespace Gateway.Tcp.Configuration;

/// <summary>The source port of a transparent connection.</summary>
public enum SourcePort
{
    /// <summary>The kernel chooses.</summary>
    Ephemeral,

    /// <summary>The client's own.</summary>
    Client,
}
