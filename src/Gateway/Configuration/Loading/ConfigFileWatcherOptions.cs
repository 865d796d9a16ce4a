namespace Gateway.Configuration.Loading;

/// <summary>Times of a <see cref="ConfigFileWatcher"/>. The contract is that a change is live within two seconds.</summary>
internal sealed record ConfigFileWatcherOptions
{
    /// <summary>
    /// Time between two looks at the contents. Defaults to 1 s: with <see cref="SettleTime"/> that leaves half a second for applying.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A change counts when the contents were the same twice, this far apart. Defaults to 200 ms: editors truncate and then write.
    /// </summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>After this time without an answer a read counts as failed, and is waited for on. Defaults to 10 s.</summary>
    public TimeSpan ReadLimit { get; init; } = ConfigFileReading.DefaultLimit;

    /// <summary>After this many looks a file that never settles is taken as it is. Defaults to 3, to keep within two seconds.</summary>
    public int MaxSettleLooks { get; init; } = 3;
}
