namespace Gateway.Tcp.Configuration;

/// <summary>What routes with <c>SourceIp:Mode: Dnat</c> share (<c>TcpProxy:Dnat</c>). Read at start only.</summary>
public sealed record TcpDnatConfig
{
    /// <summary>
    /// Name of the nftables table (family inet) that is ours alone: whatever it holds at start is replaced, at the end it is removed.
    /// Defaults to <c>gateway_dnat</c>. Each gateway of a network namespace needs its own.
    /// </summary>
    public string Table { get; init; } = "gateway_dnat";
}
