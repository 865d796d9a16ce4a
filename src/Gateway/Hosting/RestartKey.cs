using Gateway.Configuration;

namespace Gateway.Hosting;

/// <summary>A key that is read at start only.</summary>
/// <param name="Path">Its key path.</param>
/// <param name="Read">Its value in a configuration.</param>
/// <param name="Keep">The first configuration with the second one's value.</param>
internal sealed record RestartKey(string Path, Func<GatewayConfig, object?> Read, Func<GatewayConfig, GatewayConfig, GatewayConfig> Keep)
{
    /// <summary>All of them. Who reads a key at start only adds it here.</summary>
    public static IReadOnlyList<RestartKey> All { get; } =
    [
        new(
            "TcpProxy:Engine",
            static config => config.TcpProxy.Engine,
            static (config, started) => config with { TcpProxy = config.TcpProxy with { Engine = started.TcpProxy.Engine } }),
        new(
            "TcpProxy:Accept",
            static config => config.TcpProxy.Accept,
            static (config, started) => config with { TcpProxy = config.TcpProxy with { Accept = started.TcpProxy.Accept } }),
        new(
            "TcpProxy:Dnat:Table",
            static config => config.TcpProxy.Dnat.Table,
            static (config, started) =>
                config with
                {
                    TcpProxy = config.TcpProxy with { Dnat = config.TcpProxy.Dnat with { Table = started.TcpProxy.Dnat.Table } },
                }),
        new(
            "Limits:MaxConnections",
            static config => config.Limits.MaxConnections,
            static (config, started) => config with { Limits = config.Limits with { MaxConnections = started.Limits.MaxConnections } }),
    ];
}
