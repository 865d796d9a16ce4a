namespace Gateway.Configuration.Files;

/// <summary>
/// Reads one file, with one read at a time and a time limit, because a read from a network file system does not return when its server has
/// gone. After a timeout the read stays under way, and the next call waits for it: a second read would hang, too.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="time">The clock.</param>
/// <param name="read">Reads the file, and may never return; null: <see cref="ConfigFileText.TryRead"/>.</param>
internal sealed class ConfigFileReading(string path, TimeProvider time, Func<string, ConfigFileRead>? read = null)
{
    /// <summary>The default time limit. It is longer than any read of some megabytes.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(10);

    private Task<ConfigFileRead>? _underWay;
    private string? _known;

    /// <summary>When the last read ended, with success or not.</summary>
    public DateTimeOffset LastEnded { get; private set; } = time.GetUtcNow();

    /// <summary>Reads the file. Only one caller at a time.</summary>
    /// <param name="limit">How long to wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The result of the read; an error if the read takes too long.</returns>
    public async Task<ConfigFileRead> ReadAsync(TimeSpan limit, CancellationToken cancellation)
    {
        _underWay ??= Task.Run(() => (read ?? ReadText)(path), CancellationToken.None);
        try
        {
            var result = await _underWay.WaitAsync(limit, time, cancellation);
            _underWay = null;
            _known = result.Text;
            LastEnded = time.GetUtcNow();
            return result;
        }
        catch (Exception failed) when (_underWay is { IsFaulted: true })
        {
            // The next call reads anew: a failure that stayed would end all reloads.
            _underWay = null;
            LastEnded = time.GetUtcNow();
            return new ConfigFileRead(null, $"the file cannot be read: {failed.Message}");
        }
        catch (TimeoutException)
        {
            return new ConfigFileRead(
                null,
                $"the file cannot be read: there is no answer from its file system within {limit.TotalSeconds:0.###} s");
        }
    }

    private ConfigFileRead ReadText(string path) =>
        ConfigFileText.TryRead(path, out var text, out var error, known: _known)
            ? new ConfigFileRead(text, null)
            : new ConfigFileRead(null, error);
}
