namespace Gateway.Tcp.Configuration;

/// <summary>Repeated TCP connects to each address of each destination (<c>TcpProxy:Clusters:NAME:HealthCheck:Active</c>).</summary>
public sealed record TcpActiveHealthCheckConfig
{
    /// <summary>
    /// Whether the checks run. Defaults to true where the section is written. Without the section only clusters of Dnat routes are checked.
    /// </summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Time between two checks of one address. Defaults to 5 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connect may take. Defaults to 2 s, because one SYN may be lost and sent again after 1 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Successful checks in a row until a dead address is used again. Defaults to 2.</summary>
    public int Rise { get; init; } = 2;

    /// <summary>Failed checks in a row until an address is not used any more. Defaults to 3.</summary>
    public int Fall { get; init; } = 3;
}
