namespace Gateway.Tcp.Configuration;

/// <summary>How the health of a cluster's destinations is checked (<c>TcpProxy:Clusters:NAME:HealthCheck</c>).</summary>
public sealed record TcpHealthCheckConfig
{
    /// <summary>
    /// The gateway's own checks, in addition to traffic. Defaults to null: on, with their defaults, unless only <see cref="Passive"/> is
    /// written.
    /// </summary>
    public TcpActiveHealthCheckConfig? Active { get; init; }

    /// <summary>Checks by the results of clients' connects. Defaults to null: on, with its defaults.</summary>
    public TcpPassiveHealthCheckConfig? Passive { get; init; }

    /// <summary>What happens to new connections while every destination is out of use. Defaults to TryAll.</summary>
    public TcpAllDownAction WhenAllDown { get; init; }

    /// <summary>
    /// What happens to the live connections of an address that active checks take out of use. Defaults to Keep. Close ends the connections
    /// to a database that was demoted.
    /// </summary>
    public TcpUnhealthyAction WhenUnhealthy { get; init; }
}
