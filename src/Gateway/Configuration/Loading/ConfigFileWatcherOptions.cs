using Gateway.Configuration.Files;

namespace Gateway.Configuration.Loading;

/// <summary>Times of a <see cref="ConfigFileWatcher"/>. They must keep the promise that a change is live within two seconds.</summary>
internal sealed record ConfigFileWatcherOptions
{
    /// <summary>
    /// The time between two reads of the contents. Defaults to 1 s: with <see cref="SettleTime"/> half a second is left to apply the
    /// change.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A change counts when two reads with this time between them were equal. Defaults to 200 ms, because editors truncate a file and then
    /// write it.
    /// </summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A read that takes longer counts as failed, but stays under way. Defaults to 10 s.</summary>
    public TimeSpan ReadLimit { get; init; } = ConfigFileReading.DefaultLimit;

    /// <summary>
    /// After so many reads, a file that still changes is taken as it is. Defaults to 3, because a change must be live within two seconds.
    /// </summary>
    public int MaxSettleLooks { get; init; } = 3;
}
