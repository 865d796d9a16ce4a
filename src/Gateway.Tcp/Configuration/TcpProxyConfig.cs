namespace Gateway.Tcp.Configuration;

/// <summary>The section <c>TcpProxy</c>.</summary>
public sealed record TcpProxyConfig
{
    /// <summary>Which engine carries TCP. Defaults to Auto: Linux on a Linux host, otherwise Portable. Read at start only.</summary>
    public TcpEngineKind Engine { get; init; }

    /// <summary>
    /// How accepted connections reach the pipeline. Defaults to Auto: Direct with the Linux engine, otherwise Kestrel. Read at start only.
    /// </summary>
    public TcpAcceptKind Accept { get; init; }

    /// <summary>Settings that all routes with Mode Dnat share, whose connections the kernel forwards.</summary>
    public TcpDnatConfig Dnat { get; init; } = new();

    /// <summary>Routes by name.</summary>
    public IReadOnlyDictionary<string, TcpRouteConfig> Routes { get; init; } = new Dictionary<string, TcpRouteConfig>();

    /// <summary>Clusters by name.</summary>
    public IReadOnlyDictionary<string, TcpClusterConfig> Clusters { get; init; } = new Dictionary<string, TcpClusterConfig>();
}
