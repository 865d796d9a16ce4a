namespace Gateway.Tcp.Configuration;

/// <summary>How destinations of a cluster are watched (<c>TcpProxy:Clusters:NAME:HealthCheck</c>).</summary>
public sealed record TcpHealthCheckConfig
{
    /// <summary>
    /// Checks of our own, besides traffic. Defaults to null: on, with their defaults, unless <see cref="Passive"/> is written alone.
    /// </summary>
    public TcpActiveHealthCheckConfig? Active { get; init; }

    /// <summary>What clients' own connects say. Defaults to null: on, with its defaults.</summary>
    public TcpPassiveHealthCheckConfig? Passive { get; init; }
}
