namespace Gateway.Configuration;

/// <summary>The self-test of the running gateway (<c>Checks</c>).</summary>
public sealed record ChecksConfig
{
    /// <summary>What is checked in the background after the start and after each reload, and logged. Defaults to Host.</summary>
    public CheckScope AtStart { get; init; } = CheckScope.Host;

    /// <summary>How long a run may take. Defaults to 10 s: two connect timeouts.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
