namespace Gateway.Tcp.Configuration;

/// <summary>A TCP cluster (<c>TcpProxy:Clusters:NAME</c>).</summary>
public sealed record TcpClusterConfig
{
    /// <summary>Where the cluster's addresses come from. Defaults to Static.</summary>
    public TcpClusterType Type { get; init; }

    /// <summary>
    /// Kubernetes: the Service as <c>namespace/name:port</c>, with the name of one of its ports or the number of the pods' port. Required
    /// with Type Kubernetes. Defaults to null.
    /// </summary>
    public string? Service { get; init; }

    /// <summary>
    /// OriginalDestination: CIDRs or names of <c>Networks</c> that may be dialed in addition to this host's own addresses. Defaults to
    /// none.
    /// </summary>
    public IReadOnlyList<string> AllowedDestinations { get; init; } = [];

    /// <summary>Limit of one connect attempt. Defaults to 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Limit of a whole dial: look-ups of names, all attempts and TLS to the destination; the wait for a place (Queue) does not count.
    /// While it leaves time, destinations that failed are tried again, after 50 ms at first and 1 s at last. Defaults to null: no limit
    /// besides those of the attempts, and each destination is tried once.
    /// </summary>
    public TimeSpan? DialTimeout { get; init; }

    /// <summary>Destinations by name. At least one is required; with Type OriginalDestination, OriginalPort or Kubernetes none is
    /// allowed.</summary>
    public IReadOnlyDictionary<string, TcpDestinationConfig> Destinations { get; init; } = new Dictionary<string, TcpDestinationConfig>();

    /// <summary>
    /// How the health of destinations is checked. Defaults to null: active checks with defaults if a Dnat route uses the cluster, because
    /// the kernel cannot try another destination; otherwise no active checks.
    /// </summary>
    public TcpHealthCheckConfig? HealthCheck { get; init; }

    /// <summary>
    /// How the destination of a new connection is chosen among the usable destinations of the lowest priority. Defaults to RoundRobin. With
    /// SessionAffinity the client's own destination comes first, and the policy chooses where that is not usable.
    /// </summary>
    public TcpLoadBalancingPolicy LoadBalancingPolicy { get; init; }

    /// <summary>Which connections go to the same destination. Defaults to null: the policy alone chooses.</summary>
    public TcpSessionAffinityConfig? SessionAffinity { get; init; }

    /// <summary>Who waits while every usable destination has MaxConnections. Defaults to nobody.</summary>
    public TcpQueueConfig Queue { get; init; } = new();

    /// <summary>TLS to the cluster's destinations. Defaults to null: no TLS.</summary>
    public ClusterTlsConfig? Tls { get; init; }

    /// <summary>Options of the connections to the cluster's destinations. Defaults to the kernel's.</summary>
    public SocketConfig Socket { get; init; } = new();

    /// <summary>The default of <see cref="TcpRouteConfig.SourceIp"/> for the cluster's routes. Defaults to null.</summary>
    public SourceIpConfig? SourceIp { get; init; }
}
