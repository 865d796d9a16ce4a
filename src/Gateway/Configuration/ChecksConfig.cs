namespace Gateway.Configuration;

/// <summary>The self-test of the running gateway (<c>Checks</c>).</summary>
public sealed record ChecksConfig
{
    /// <summary>
    /// What the gateway checks in the background after the start and after each reload. The result is logged. Defaults to Host.
    /// </summary>
    public CheckScope AtStart { get; init; } = CheckScope.Host;

    /// <summary>How long one self-test may take. Defaults to 10 s, which is two connect timeouts.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
