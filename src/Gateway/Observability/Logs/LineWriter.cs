using System.Collections.Concurrent;
using System.Text;

namespace Gateway.Observability.Logs;

/// <summary>
/// Writes the log on a thread of its own. Whoever logs leaves a line and goes on: what the queue has no room for is counted and lost,
/// whatever has become of the thread. The stock console logger ends its thread at the first write that fails, and from then on every thread
/// that logs writes for itself and waits for the disk or the reader.
/// </summary>
internal sealed class LineWriter : IDisposable
{
    /// <summary>Lines that wait: a few seconds of a busy gateway.</summary>
    public const int MaxLines = 8192;

    /// <summary>Characters that wait, 16 MB: some lines are long.</summary>
    public const int MaxCharacters = 8 * 1024 * 1024;

    // As long as the stock console logger waits for its last lines: a reader that stalls must not keep the process.
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(1.5);

    private readonly BlockingCollection<(bool IsError, string Text)> _lines = new(MaxLines);
    private readonly LineSink _sink;
    private readonly LogMetrics _metrics;
    private readonly Func<long, string> _notice;
    private readonly Task _writing;
    private byte[] _bytes = new byte[4096];
    private long _characters;
    private long _told;
    private bool _isMidLine;

    /// <summary>Starts the thread.</summary>
    /// <param name="sink">Takes the bytes.</param>
    /// <param name="metrics">Counts what is lost.</param>
    /// <param name="notice">The line that says how many were lost.</param>
    public LineWriter(LineSink sink, LogMetrics metrics, Func<long, string> notice)
    {
        (_sink, _metrics, _notice) = (sink, metrics, notice);
        _writing = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Leaves a line; from any thread, never waits and never throws.</summary>
    public void Write(string line, bool isError = false)
    {
        if (Interlocked.Add(ref _characters, line.Length) <= MaxCharacters && TryAdd((isError, line)))
        {
            return;
        }

        Interlocked.Add(ref _characters, -line.Length);
        _metrics.NoRoom();
    }

    /// <summary>Writes what waits, and gives up on a reader that stalls.</summary>
    public void Dispose()
    {
        _lines.CompleteAdding();
        // Not disposed: the thread may be in a write still, and others may log.
        _writing.Wait(LastLines);
    }

    private bool TryAdd((bool IsError, string Text) line)
    {
        try
        {
            return !_lines.IsAddingCompleted && _lines.TryAdd(line);
        }
        catch (InvalidOperationException)
        {
            // Completed in between.
            return false;
        }
    }

    private void Run()
    {
        foreach (var (isError, text) in _lines.GetConsumingEnumerable())
        {
            Interlocked.Add(ref _characters, -text.Length);
            if (_metrics.Dropped is var dropped && dropped > _told && TryWrite(_notice(dropped - _told), isError))
            {
                _told = dropped;
            }

            if (!TryWrite(text, isError))
            {
                _metrics.Failed();
            }
        }
    }

    private bool TryWrite(string text, bool isError)
    {
        var size = Encoding.UTF8.GetMaxByteCount(text.Length) + 1;
        if (_bytes.Length < size)
        {
            _bytes = new byte[size];
        }

        // Half a line was written before a disk was full: the next one is not its end.
        var start = _isMidLine ? 1 : 0;
        _bytes[0] = (byte)'\n';
        var length = start + Encoding.UTF8.GetBytes(text, _bytes.AsSpan(start));
        var written = _sink(isError, _bytes.AsSpan(0, length));
        _isMidLine = written == length ? false : written > start || (written == 0 && _isMidLine);
        return written == length;
    }
}
