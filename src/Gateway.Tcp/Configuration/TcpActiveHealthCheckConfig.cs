namespace Gateway.Tcp.Configuration;

/// <summary>
/// A TCP connect to each address of each destination, again and again (<c>TcpProxy:Clusters:NAME:HealthCheck:Active</c>).
/// </summary>
public sealed record TcpActiveHealthCheckConfig
{
    /// <summary>
    /// Defaults to true: whoever writes the section wants it. Without the section only clusters of Dnat routes are checked.
    /// </summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Time between two checks of one address. Defaults to 5 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connect may take. Defaults to 2 s: one SYN may be lost and sent again after 1 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Good checks in a row until a dead address is used again. Defaults to 2.</summary>
    public int Rise { get; init; } = 2;

    /// <summary>Bad checks in a row until an address is left out. Defaults to 3.</summary>
    public int Fall { get; init; } = 3;
}
