using System.Collections.Concurrent;
using System.Text;

namespace Gateway.Observability.Logs;

/// <summary>
/// Writes the log on a separate thread. A thread that logs only queues a line, and never waits. If the queue is full, the line is lost and
/// counted. The console logger of .NET is not used, because its thread ends at the first failed write; from then on every thread that logs
/// writes itself, and waits for the disk or the reader.
/// </summary>
internal sealed class LineWriter : IDisposable
{
    /// <summary>The most lines in the queue: a few seconds of a busy gateway.</summary>
    public const int MaxLines = 8192;

    /// <summary>The most characters in the queue (16 MB), because some lines are long.</summary>
    public const int MaxCharacters = 8 * 1024 * 1024;

    // The wait for the last lines at the end, the same as in .NET's console logger. A reader that stalls must not keep the process alive.
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
    /// <param name="metrics">Counts lost lines.</param>
    /// <param name="notice">Makes the line that says how many lines were lost.</param>
    public LineWriter(LineSink sink, LogMetrics metrics, Func<long, string> notice)
    {
        (_sink, _metrics, _notice) = (sink, metrics, notice);
        _writing = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Queues a line. Thread-safe; never waits and never throws.</summary>
    public void Write(string line, bool isError = false)
    {
        if (Interlocked.Add(ref _characters, line.Length) <= MaxCharacters && TryAdd((isError, line)))
        {
            return;
        }

        Interlocked.Add(ref _characters, -line.Length);
        _metrics.NoRoom();
    }

    /// <summary>Writes the queued lines, but does not wait long for a reader that stalls.</summary>
    public void Dispose()
    {
        _lines.CompleteAdding();
        // The queue is not disposed, because the thread may still be in a write, and other threads may still log.
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
            // The queue was completed after the check.
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

        // If the last write ended in the middle of a line (the disk was full), this line begins with a line break.
        var start = _isMidLine ? 1 : 0;
        _bytes[0] = (byte)'\n';
        var length = start + Encoding.UTF8.GetBytes(text, _bytes.AsSpan(start));
        var written = _sink(isError, _bytes.AsSpan(0, length));
        _isMidLine = written == length ? false : written > start || (written == 0 && _isMidLine);
        return written == length;
    }
}
