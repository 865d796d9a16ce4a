namespace Gateway.Tcp.Configuration;

/// <summary>Settings that all routes with <c>SourceIp:Mode: Dnat</c> share (<c>TcpProxy:Dnat</c>). Read at start only.</summary>
public sealed record TcpDnatConfig
{
    /// <summary>
    /// Name of the nftables table (family inet) that only this gateway uses: its content is replaced at start, and the table is removed at
    /// the end. Defaults to <c>gateway_dnat</c>. Each gateway in a network namespace needs its own table.
    /// </summary>
    public string Table { get; init; } = "gateway_dnat";
}
