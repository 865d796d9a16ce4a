using Gateway.Configuration.Loading;

namespace Gateway.Hosting;

/// <summary>
/// A configuration file that is right, but asks for what this host does not have yet (a port that is in use): it is tried again by itself,
/// without being parsed again, until another read takes its place. One caller at a time.
/// </summary>
internal sealed class WaitingFile : IAsyncDisposable
{
    // A port that was in use may be free by now.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Func<string, ConfigResult> _parse;
    private readonly ITimer _timer;
    private (string Text, ConfigResult Result)? _waiting;
    private volatile bool _isDue;

    /// <summary>Makes one; nothing waits.</summary>
    /// <param name="parse">Parses a file's text.</param>
    /// <param name="onDue">Called when the file is to be read again.</param>
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

    /// <summary>Takes what was read in the place of what waits. Whatever becomes of it, nothing waits any more.</summary>
    /// <param name="text">The file's text; null: it cannot be read.</param>
    /// <returns>What the text says, and whether this is the file that waits, and its time has come.</returns>
    public (ConfigResult? Result, bool IsRetry) Take(string? text)
    {
        var (waiting, isDue) = (_waiting, _isDue);
        (_waiting, _isDue) = (null, false);
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return text is null ? (null, false) : waiting?.Text == text ? (waiting.Value.Result, isDue) : (_parse(text), false);
    }

    /// <summary>This file waits from now on.</summary>
    public void Keep(string text, ConfigResult result)
    {
        _waiting = (text, result);
        _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();
}
