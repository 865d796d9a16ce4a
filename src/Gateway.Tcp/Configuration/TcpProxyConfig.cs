namespace Gateway.Tcp.Configuration;

/// <summary>The section <c>TcpProxy</c>.</summary>
public sealed record TcpProxyConfig
{
    /// <summary>Which engine carries TCP. Defaults to Auto: Linux where it runs, else Portable. Read at start only.</summary>
    public TcpEngineKind Engine { get; init; }

    /// <summary>
    /// How accepted connections reach the pipeline. Defaults to Auto: Direct with the Linux engine, else Kestrel. Read at start only.
    /// </summary>
    public TcpAcceptKind Accept { get; init; }

    /// <summary>What routes share whose connections the kernel forwards (Mode Dnat).</summary>
    public TcpDnatConfig Dnat { get; init; } = new();

    /// <summary>Routes by name.</summary>
    public IReadOnlyDictionary<string, TcpRouteConfig> Routes { get; init; } = new Dictionary<string, TcpRouteConfig>();

    /// <summary>Clusters by name.</summary>
    public IReadOnlyDictionary<string, TcpClusterConfig> Clusters { get; init; } = new Dictionary<string, TcpClusterConfig>();
}
