namespace Gateway.Tcp.Configuration;

/// <summary>
/// A TCP route (<c>TcpProxy:Routes:NAME</c>). The host validates it in <c>Configuration/Validation/TcpRoutesTopic.cs</c>.
/// </summary>
public sealed record TcpRouteConfig
{
    /// <summary>The listener whose connections the route takes. Required.</summary>
    public string? Listener { get; init; }

    /// <summary>The cluster to which the route sends its connections. Required.</summary>
    public string? ClusterId { get; init; }

    /// <summary>Which connections the route takes; absent: all.</summary>
    public TcpRouteMatchConfig? Match { get; init; }

    /// <summary>
    /// The rank of the route: the route with the lowest number wins. Defaults to 0. Among equal numbers the more specific match wins.
    /// </summary>
    public int Order { get; init; }

    /// <summary>
    /// The route's share of connections, among the routes of the listener with the same Order, the same Match and a Weight: 0 to 1000000 in
    /// proportion to their sum. Each connection goes to one of them, so two clusters share the connections of one match. A share is kept
    /// also where its cluster has no usable destination. Defaults to null: the route shares its match with no other route.
    /// </summary>
    public int? Weight { get; init; }

    /// <summary>How the backend learns the client's address. Required here or on the cluster.</summary>
    public SourceIpConfig? SourceIp { get; init; }

    /// <summary>Ends a connection after this long without a byte. Defaults to 1 h.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Ends a connection of which one side has sent FIN, after this long without a byte (reason <c>idle_timeout</c>, detail
    /// <c>half_closed</c>). Must not be longer than <see cref="IdleTimeout"/>. Defaults to null: only <see cref="IdleTimeout"/> applies,
    /// because a client may well end its request with FIN and wait long for the answer.
    /// </summary>
    public TimeSpan? HalfClosedTimeout { get; init; }

    /// <summary>Ends a connection this long after its start. Defaults to null: never.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>
    /// The share of <see cref="MaxDuration"/>, 0 to 1, by which a connection may end earlier: each connection ends at
    /// MaxDuration × (1 − jitter × random). So connections that began together, after a restart or a scale-out, do not come back at once.
    /// Defaults to 0.
    /// </summary>
    public double MaxDurationJitter { get; init; }

    /// <summary>Limits of the route's connections. Defaults to null: none.</summary>
    public TcpRouteLimitsConfig? Limits { get; init; }
}
