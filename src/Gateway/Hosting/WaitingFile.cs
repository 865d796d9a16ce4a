using Gateway.Configuration.Loading;

namespace Gateway.Hosting;

/// <summary>
/// A valid configuration file that this host cannot run yet, for example because a port is in use. The file is tried again at intervals,
/// without parsing it again, until another text replaces it. Only one caller at a time.
/// </summary>
internal sealed class WaitingFile : IAsyncDisposable
{
    // After this time a port that was in use may be free.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Func<string, ConfigResult> _parse;
    private readonly ITimer _timer;
    private (string Text, ConfigResult Result)? _waiting;
    private volatile bool _isDue;

    /// <summary>Creates it; at first no file waits.</summary>
    /// <param name="parse">Parses a file's text.</param>
    /// <param name="onDue">Called when it is time to read the file again.</param>
    /// <param name="time">The clock.</param>
    public WaitingFile(Func<string, ConfigResult> parse, Action onDue, TimeProvider time)
    {
        _parse = parse;
        _timer = time.CreateTimer(
            _ =>
            {
                _isDue = true;
                onDue();
            },
            null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes a text that was read, and ends the wait. The result of the waiting file is used if the text is the same.</summary>
    /// <param name="text">The file's text; null: the file cannot be read.</param>
    /// <returns>The parsed text, and whether this is a retry of the waiting file that was due.</returns>
    public (ConfigResult? Result, bool IsRetry) Take(string? text)
    {
        var (waiting, isDue) = (_waiting, _isDue);
        (_waiting, _isDue) = (null, false);
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return text is null ? (null, false) : waiting?.Text == text ? (waiting.Value.Result, isDue) : (_parse(text), false);
    }

    /// <summary>Makes this file wait.</summary>
    public void Keep(string text, ConfigResult result)
    {
        _waiting = (text, result);
        _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();
}
