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

    /// <summary>How the backend learns the client's address. Required here or on the cluster.</summary>
    public SourceIpConfig? SourceIp { get; init; }

    /// <summary>Ends a connection after this long without a byte. Defaults to 1 h.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Ends a connection this long after its start. Defaults to null: never.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>Limits of the route's connections. Defaults to null: none.</summary>
    public TcpRouteLimitsConfig? Limits { get; init; }
}
