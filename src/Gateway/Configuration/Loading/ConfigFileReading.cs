namespace Gateway.Configuration.Loading;

/// <summary>
/// Reads one file, at most once at a time, and nobody waits for it without a limit: a read from a network file system whose server has gone
/// does not return. What is under way then is left alone until it does; another one would hang beside it.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="time">The clock.</param>
/// <param name="read">Reads it, and may take for ever; null: <see cref="ConfigFileText.TryRead"/>.</param>
internal sealed class ConfigFileReading(string path, TimeProvider time, Func<string, ConfigFileRead>? read = null)
{
    /// <summary>Longer than any read of some megabytes takes.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(10);

    private Task<ConfigFileRead>? _underWay;

    /// <summary>When a read ended last, well or not.</summary>
    public DateTimeOffset LastEnded { get; private set; } = time.GetUtcNow();

    /// <summary>The file as it is now. One caller at a time.</summary>
    /// <param name="limit">How long to wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What was read; an error if that takes too long.</returns>
    public async Task<ConfigFileRead> ReadAsync(TimeSpan limit, CancellationToken cancellation)
    {
        _underWay ??= Task.Run(() => (read ?? ReadText)(path), CancellationToken.None);
        try
        {
            var result = await _underWay.WaitAsync(limit, time, cancellation);
            _underWay = null;
            LastEnded = time.GetUtcNow();
            return result;
        }
        catch (TimeoutException)
        {
            return new ConfigFileRead(
                null,
                $"the file cannot be read: there is no answer from its file system within {limit.TotalSeconds:0.###} s");
        }
    }

    private static ConfigFileRead ReadText(string path) =>
        ConfigFileText.TryRead(path, out var text, out var error) ? new ConfigFileRead(text, null) : new ConfigFileRead(null, error);
}
