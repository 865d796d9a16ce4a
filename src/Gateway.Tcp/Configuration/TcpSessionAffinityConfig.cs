namespace Gateway.Tcp.Configuration;

/// <summary>Which connections belong together (<c>TcpProxy:Clusters:NAME:SessionAffinity</c>). Absent: each goes to the next destination.</summary>
public sealed record TcpSessionAffinityConfig
{
    /// <summary>Defaults to ClientAddress.</summary>
    public TcpSessionAffinityPolicy Policy { get; init; }
}

/// <summary>What connections have in common that belong together.</summary>
public enum TcpSessionAffinityPolicy
{
    /// <summary>The client's address, as a hash: nothing is remembered, and restarts and other gateways choose alike.</summary>
    ClientAddress,
}
