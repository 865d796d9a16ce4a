namespace Gateway.Tcp.Configuration;

/// <summary>The section <c>TcpProxy</c>.</summary>
public sealed record TcpProxyConfig
{
    /// <summary>Which engine carries TCP. Defaults to Auto: Linux where it runs, else Portable. Read at start only.</summary>
    public TcpEngineKind Engine { get; init; }

    /// <summary>How accepted connections reach the pipeline. Defaults to Auto: Direct with the Linux engine, else Kestrel. Read at start only.</summary>
    public TcpAcceptKind Accept { get; init; }

    /// <summary>What routes share whose connections the kernel forwards (Mode Dnat).</summary>
    public TcpDnatConfig Dnat { get; init; } = new();

    /// <summary>Routes by name.</summary>
    public IReadOnlyDictionary<string, TcpRouteConfig> Routes { get; init; } = new Dictionary<string, TcpRouteConfig>();

    /// <summary>Clusters by name.</summary>
    public IReadOnlyDictionary<string, TcpClusterConfig> Clusters { get; init; } = new Dictionary<string, TcpClusterConfig>();
}

/// <summary>The relay engine.</summary>
public enum TcpEngineKind
{
    /// <summary>Linux where it runs, else Portable.</summary>
    Auto,

    /// <summary>epoll loops on raw descriptors.</summary>
    Linux,

    /// <summary>Managed sockets.</summary>
    Portable,
}

/// <summary>How accepted connections reach the pipeline.</summary>
public enum TcpAcceptKind
{
    /// <summary>Direct with the Linux engine, else Kestrel.</summary>
    Auto,

    /// <summary>As connections of a Kestrel endpoint.</summary>
    Kestrel,

    /// <summary>From the engine's own accept loop, without a hop.</summary>
    Direct,
}

/// <summary>A TCP route (<c>TcpProxy:Routes:NAME</c>).</summary>
public sealed record TcpRouteConfig
{
    /// <summary>The listener whose connections it takes. Required.</summary>
    public string? Listener { get; init; }

    /// <summary>The cluster that it sends them to. Required.</summary>
    public string? ClusterId { get; init; }

    /// <summary>Which connections it takes; absent: all.</summary>
    public TcpRouteMatchConfig? Match { get; init; }

    /// <summary>Lower is tried first. Defaults to 0; ties: the more specific match first.</summary>
    public int Order { get; init; }

    /// <summary>How the backend learns the client's address. Required here or on the cluster.</summary>
    public SourceIpConfig? SourceIp { get; init; }

    /// <summary>Ends a connection after this long without a byte. Defaults to 1 h.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Ends a connection this long after its start. Defaults to null: never.</summary>
    public TimeSpan? MaxDuration { get; init; }
}

/// <summary>What a route matches; all that is given must match.</summary>
public sealed record TcpRouteMatchConfig
{
    /// <summary>CIDRs or names of <c>Networks</c> that hold the client's address. Defaults to none: any client.</summary>
    public IReadOnlyList<string> ClientCidrs { get; init; } = [];

    /// <summary>
    /// CIDRs or names of <c>Networks</c> that hold the destination's address: what a trusted header says, else what the client connected to. Defaults to none: any.
    /// </summary>
    public IReadOnlyList<string> DestinationCidrs { get; init; } = [];

    /// <summary>Ports of the destination, as of <see cref="DestinationCidrs"/>. Defaults to none: any.</summary>
    public IReadOnlyList<PortRange> DestinationPorts { get; init; } = [];

    /// <summary>
    /// Values by TLV of the trusted header (V2): <c>"AwsVpcEndpointId": ["vpce-…"]</c>, <c>"0xE9": ["text", "0x0a0b"]</c>. Each named TLV must have one of its values. Defaults to
    /// none: whatever TLVs there are.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Tlvs { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}

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

    /// <summary>How destinations are watched. Defaults to null: actively with defaults if a Dnat route uses the cluster (the kernel cannot try another), else not.</summary>
    public TcpHealthCheckConfig? HealthCheck { get; init; }

    /// <summary>Which connections go to the same destination. Defaults to null: in turn.</summary>
    public TcpSessionAffinityConfig? SessionAffinity { get; init; }

    /// <summary>The default of its routes' <see cref="TcpRouteConfig.SourceIp"/>. Defaults to null.</summary>
    public SourceIpConfig? SourceIp { get; init; }
}

/// <summary>Where a cluster's addresses come from.</summary>
public enum TcpClusterType
{
    /// <summary>From its <see cref="TcpClusterConfig.Destinations"/>.</summary>
    Static,

    /// <summary>What the client of an intercepting listener connected to, as the kernel knows it; never what a header says.</summary>
    OriginalDestination,

    /// <summary>The port that the client of an intercepting listener connected to, on 127.0.0.1 or ::1: the application listens on all addresses, or on loopback.</summary>
    OriginalPort,
}

/// <summary>A destination (<c>TcpProxy:Clusters:NAME:Destinations:NAME</c>).</summary>
public sealed record TcpDestinationConfig
{
    /// <summary><c>host:port</c>, <c>ip:port</c> or <c>[v6]:port</c>. Required.</summary>
    public string? Address { get; init; }

    /// <summary>Its share of new connections, beside the others': 0 to 100. Defaults to 1; 0: none, existing ones go on.</summary>
    public int Weight { get; init; } = 1;
}

/// <summary>How the backend learns the client's address.</summary>
public sealed record SourceIpConfig
{
    /// <summary>Required: no mode is right for every backend.</summary>
    public SourceIpMode? Mode { get; init; }

    /// <summary>Version of the header that is sent (Mode or Fallback ProxyProtocol). Defaults to V2.</summary>
    public ProxyProtocolVersion Version { get; init; } = ProxyProtocolVersion.V2;

    /// <summary>TLVs that are passed on: <c>All</c>, or names and numbers (<c>Authority</c>, <c>AwsVpcEndpointId</c>, <c>0xEA</c>). Defaults to none. V2 only.</summary>
    public IReadOnlyList<string> PassThroughTlvs { get; init; } = [];

    /// <summary>
    /// The longest header that is sent, in bytes: of the TLVs that are passed on those that do not fit are left out, the least important first, since a backend closes on a header that is too long
    /// for it. Defaults to null: as long as it comes out. V2 only.
    /// </summary>
    public int? MaxHeaderBytes { get; init; }

    /// <summary>
    /// What happens where the listener has no <c>ProxyProtocol</c> section and a client's first bytes are a PROXY header: behind ours it is a second one, and some backends believe the last
    /// that they see. Defaults to Reject. ProxyProtocol, also as Fallback.
    /// </summary>
    public NestedHeaderAction NestedHeader { get; init; }

    /// <summary>
    /// TLVs that are added, as templates by name or number: <c>"UniqueId": "{connection}"</c>; placeholders are <c>{route}</c>, <c>{listener}</c>, <c>{cluster}</c>, <c>{client}</c>
    /// and <c>{connection}</c>. One that is added replaces those of its type that are passed through. Defaults to none. V2 only.
    /// </summary>
    public IReadOnlyDictionary<string, string> AddTlvs { get; init; } = new Dictionary<string, string>();

    /// <summary>Transparent: bind an ephemeral port or the client's own. Defaults to Ephemeral.</summary>
    public SourcePort Port { get; init; }

    /// <summary>
    /// Toa: the options that carry the client's address, as <c>KIND/LENGTH</c>, at most one for IPv4 (length 8, or 7 without the port) and one for IPv6 (length 20). Defaults to 254/8
    /// and 253/20, as DPVS and most receivers have them.
    /// </summary>
    public IReadOnlyList<string> ToaOptions { get; init; } = ["254/8", "253/20"];

    /// <summary>Transparent, Toa and Dnat: what happens when the client's address cannot be used. Defaults to Reject.</summary>
    public SourceIpFallback Fallback { get; init; }

    /// <summary>SO_MARK of the connection to the backend, for rules of netfilter and <c>ip rule</c>. Defaults to null: none.</summary>
    public int? Mark { get; init; }
}

/// <summary>How the backend learns the client's address.</summary>
public enum SourceIpMode
{
    /// <summary>A PROXY protocol header before the payload.</summary>
    ProxyProtocol,

    /// <summary>The connection comes from the client's address (Linux, IP_TRANSPARENT).</summary>
    Transparent,

    /// <summary>A TCP option carries it.</summary>
    Toa,

    /// <summary>The kernel forwards the client's own packets and rewrites their destination alone (nftables).</summary>
    Dnat,

    /// <summary>It does not.</summary>
    None,
}

/// <summary>The source port of a transparent connection.</summary>
public enum SourcePort
{
    /// <summary>The kernel chooses.</summary>
    Ephemeral,

    /// <summary>The client's own.</summary>
    Client,
}

/// <summary>What happens when a client's address cannot be used.</summary>
public enum SourceIpFallback
{
    /// <summary>The connection is refused.</summary>
    Reject,

    /// <summary>A PROXY header is sent instead.</summary>
    ProxyProtocol,

    /// <summary>The backend sees the gateway.</summary>
    None,
}
