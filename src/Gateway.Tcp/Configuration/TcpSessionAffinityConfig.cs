namespace Gateway.Tcp.Configuration;

/// <summary>
/// Which connections go to the same destination (<c>TcpProxy:Clusters:NAME:SessionAffinity</c>). Absent: the cluster's
/// LoadBalancingPolicy alone chooses.
/// </summary>
public sealed record TcpSessionAffinityConfig
{
    /// <summary>The property that decides. Defaults to ClientAddress.</summary>
    public TcpSessionAffinityPolicy Policy { get; init; }
}
