namespace Gateway.Tcp.Configuration;

/// <summary>
/// Which connections belong together (<c>TcpProxy:Clusters:NAME:SessionAffinity</c>). Absent: each goes to the next destination.
/// </summary>
public sealed record TcpSessionAffinityConfig
{
    /// <summary>Defaults to ClientAddress.</summary>
    public TcpSessionAffinityPolicy Policy { get; init; }
}
