namespace Gateway.Configuration;

/// <summary>How the process stops (<c>Shutdown</c>).</summary>
public sealed record ShutdownConfig
{
    /// <summary>How long the gateway still accepts connections after it reports not ready. Defaults to 0.</summary>
    public TimeSpan DrainDelay { get; init; }

    /// <summary>How long live connections may take to end. Defaults to 20 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The share of DrainTimeout, 0 to 1, by which a TCP connection may be closed earlier: those that are left are closed one after another
    /// in the last part of it, so that their clients do not all come back at once. Also for Handover:DrainTimeout. Defaults to 0: all at
    /// the end, because each may need the whole time. (HTTP connections are told one after another in any case.)
    /// </summary>
    public double DrainTimeoutJitter { get; init; }
}
