using System.Diagnostics;
using Gateway.Configuration;
using Gateway.Linux;

namespace Gateway.Observability.Logs;

/// <summary>
/// The file of the access log. A <see cref="LineWriter"/> writes it, so that no connection waits for a disk or for the reader of a pipe.
/// The file is opened on the writer's thread, and opened anew if it was renamed or removed, or if somebody asks for it. While it cannot be
/// opened or written, its lines are lost and counted, and the console says so once.
/// </summary>
internal sealed class AccessFile : IDisposable
{
    // How often the file's name is looked at, and how often a file that cannot be opened is tried again.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Action<string, string> _report;
    private readonly LineWriter _lines;
    private OpenFile? _file;
    private volatile bool _mustReopen;
    private long _lookedAt;
    private bool _isReported;

    /// <summary>Makes a writer. Nothing is opened before the first line.</summary>
    /// <param name="config">The path and the format.</param>
    /// <param name="metrics">Counts lost lines.</param>
    /// <param name="notice">Makes the line that says how many lines were lost.</param>
    /// <param name="report">Gets the path and the problem of a file that cannot be opened or written.</param>
    public AccessFile(AccessLogFileConfig config, LogMetrics metrics, Func<long, string> notice, Action<string, string> report)
    {
        (Config, _report) = (config, report);
        _lines = new LineWriter(Take, metrics, notice);
    }

    /// <summary>The path and the format.</summary>
    public AccessLogFileConfig Config { get; }

    /// <summary>Queues a line. Thread-safe; never waits and never throws.</summary>
    public void Write(string line) => _lines.Write(line);

    /// <summary>Opens the file anew before the next line.</summary>
    public void Reopen() => _mustReopen = true;

    /// <summary>Writes the queued lines, but does not wait long for a reader that stalls.</summary>
    public void Dispose()
    {
        _lines.Dispose();
        _file?.Dispose();
    }

    private int Take(bool isError, ReadOnlySpan<byte> bytes)
    {
        if (_file is { } old && (_mustReopen || (IsDue() && old.WasMoved)))
        {
            old.Dispose();
            _file = null;
            Open();
        }
        else if (_file is null && (_mustReopen || _lookedAt == 0 || IsDue()))
        {
            Open();
        }

        if (_file is not { } file)
        {
            return 0;
        }

        var written = file.Write(bytes, out var problem);
        Report(problem);
        return written;
    }

    private void Open()
    {
        _mustReopen = false;
        _lookedAt = Stopwatch.GetTimestamp();
        _file = OpenFile.Open(Config.Path!, out var problem);
        if (problem is not null)
        {
            Report(problem);
        }
    }

    private bool IsDue()
    {
        if (Stopwatch.GetElapsedTime(_lookedAt) < LookInterval)
        {
            return false;
        }

        _lookedAt = Stopwatch.GetTimestamp();
        return true;
    }

    private void Report(string? problem)
    {
        if (problem is not null && !_isReported)
        {
            _report(Config.Path!, problem);
        }

        _isReported = problem is not null;
    }

    // On Linux the file is opened by the system's own call; elsewhere by .NET.
    private sealed class OpenFile(AppendFile? linux, FileStream? portable) : IDisposable
    {
        public bool WasMoved => linux?.WasMoved ?? !File.Exists(portable!.Name);

        public static OpenFile? Open(string path, out string? problem)
        {
            if (OperatingSystem.IsLinux())
            {
                return AppendFile.Open(path, out problem) is { } file ? new OpenFile(file, null) : null;
            }

            try
            {
                problem = null;
                return new OpenFile(
                    null, new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                problem = refused.Message;
                return null;
            }
        }

        public int Write(ReadOnlySpan<byte> bytes, out string? problem)
        {
            if (linux is not null)
            {
                return linux.Write(bytes, out problem);
            }

            try
            {
                problem = null;
                portable!.Write(bytes);
                return bytes.Length;
            }
            catch (IOException failed)
            {
                problem = failed.Message;
                return 0;
            }
        }

        public void Dispose()
        {
            linux?.Dispose();
            portable?.Dispose();
        }
    }
}
