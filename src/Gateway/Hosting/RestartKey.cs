using Gateway.Configuration;

namespace Gateway.Hosting;

/// <summary>A key that is read only at start.</summary>
/// <param name="Path">The key path.</param>
/// <param name="Read">Reads the key's value in a configuration.</param>
/// <param name="Keep">Returns the first configuration with the key's value of the second configuration.</param>
internal sealed record RestartKey(string Path, Func<GatewayConfig, object?> Read, Func<GatewayConfig, GatewayConfig, GatewayConfig> Keep)
{
    /// <summary>All such keys. New code that reads a key only at start must add it here.</summary>
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
        new(
            "Handover:Path",
            static config => config.Handover?.Path,
            static (config, started) =>
                config with
                {
                    Handover = started.Handover is { } inUse ? (config.Handover ?? inUse) with { Path = inUse.Path } : null,
                }),
    ];
}
