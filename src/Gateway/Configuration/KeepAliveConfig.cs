namespace Gateway.Configuration;

/// <summary>TCP keep-alive.</summary>
public sealed record KeepAliveConfig
{
    /// <summary>Whether keep-alive probes are sent. Defaults to true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Time without data before the first probe. Defaults to 60 s, because load balancers drop idle flows after 240–350 s.
    /// </summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between probes. Defaults to 15 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Number of unanswered probes after which the connection counts as dead. Defaults to 4.</summary>
    public int Retries { get; init; } = 4;
}
