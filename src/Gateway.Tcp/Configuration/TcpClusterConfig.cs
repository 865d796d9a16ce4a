namespace Gateway.Tcp.Configuration;

/// <summary>A TCP cluster (<c>TcpProxy:Clusters:NAME</c>).</summary>
public sealed record TcpClusterConfig
{
    /// <summary>Where its addresses come from. Defaults to Static.</summary>
    public TcpClusterType Type { get; init; }

    /// <summary>
    /// OriginalDestination: CIDRs or names of <c>Networks</c> that may be dialed besides this host's own addresses. Defaults to none.
    /// </summary>
    public IReadOnlyList<string> AllowedDestinations { get; init; } = [];

    /// <summary>Limit of one connect attempt. Defaults to 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Destinations by name. At least one; none with Type OriginalDestination or OriginalPort.</summary>
    public IReadOnlyDictionary<string, TcpDestinationConfig> Destinations { get; init; } = new Dictionary<string, TcpDestinationConfig>();

    /// <summary>
    /// How destinations are watched. Defaults to null: actively with defaults if a Dnat route uses the cluster (the kernel cannot try
    /// another), else not.
    /// </summary>
    public TcpHealthCheckConfig? HealthCheck { get; init; }

    /// <summary>Which connections go to the same destination. Defaults to null: in turn.</summary>
    public TcpSessionAffinityConfig? SessionAffinity { get; init; }

    /// <summary>TLS to its destinations. Defaults to null: clear.</summary>
    public ClusterTlsConfig? Tls { get; init; }

    /// <summary>The default of its routes' <see cref="TcpRouteConfig.SourceIp"/>. Defaults to null.</summary>
    public SourceIpConfig? SourceIp { get; init; }
}
