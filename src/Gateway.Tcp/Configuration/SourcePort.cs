namespace Gateway.Tcp.Configuration;

/// <summary>The source port of a transparent connection.</summary>
public enum SourcePort
{
    /// <summary>The kernel chooses an ephemeral port.</summary>
    Ephemeral,

    /// <summary>The client's own port.</summary>
    Client,
}
