namespace Gateway.Configuration;

/// <summary>
/// How a new gateway process takes the place of this one without refusing a connection (<c>Handover</c>). A process that starts with the
/// same <see cref="Path"/> gets the listening sockets of the process that runs; the old process then drains and ends.
/// </summary>
public sealed record HandoverConfig
{
    /// <summary>
    /// The unix socket at which the running process is asked for its listening sockets: an absolute path of at most 100 bytes, in a folder
    /// that only the gateway's user may write to. Required. Read at start only.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>
    /// How long the old process lets its live connections go on after the handover. Defaults to 10 min, because nobody waits for its end.
    /// A SIGTERM shortens the rest to <c>Shutdown:DrainTimeout</c>.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
