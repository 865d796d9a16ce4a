namespace Gateway.Configuration;

/// <summary>TCP keep-alive.</summary>
public sealed record KeepAliveConfig
{
    /// <summary>Defaults to true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Silence before the first probe. Defaults to 60 s: load balancers forget idle flows at 240–350 s.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between probes. Defaults to 15 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Unanswered probes until the connection is dead. Defaults to 4.</summary>
    public int Retries { get; init; } = 4;
}
