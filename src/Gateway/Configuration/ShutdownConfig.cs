namespace Gateway.Configuration;

/// <summary>How the process stops (<c>Shutdown</c>).</summary>
public sealed record ShutdownConfig
{
    /// <summary>How long the gateway still accepts connections after it reports not ready. Defaults to 0.</summary>
    public TimeSpan DrainDelay { get; init; }

    /// <summary>How long live connections may take to end. Defaults to 20 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
