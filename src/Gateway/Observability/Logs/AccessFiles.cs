using System.Globalization;
using Gateway.Configuration;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.Observability.Logs;

/// <summary>The file of the access log that is in force, if there is one, and how lines are written to it.</summary>
internal sealed class AccessFiles(AccessFileMetrics metrics, IEnumerable<ConsoleFormatter> formatters, TimeProvider? time = null)
    : IDisposable
{
    /// <summary>The category of the lines.</summary>
    public const string Category = "Gateway.Access";

    private const int MaxMessageLength = 64 * 1024;

    [ThreadStatic]
    private static StringWriter? _text;

    private readonly ConsoleFormatter _json = formatters.Single(static formatter => formatter.Name == ConsoleFormatterNames.Json);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private volatile AccessFile? _current;

    /// <summary>The file; null: lines go to standard output.</summary>
    public AccessFile? Current => _current;

    /// <summary>Called with the path and the problem of a file that cannot be opened or written.</summary>
    public Action<string, string> Report { get; set; } = static (_, _) => { };

    /// <summary>Puts a configuration in force. Lines that the file before has queued are still written there.</summary>
    public void Update(AccessLogFileConfig? config)
    {
        var old = _current;
        if (old?.Config == config)
        {
            return;
        }

        _current = config is null ? null : new AccessFile(config, metrics, Notice(config), (path, problem) => Report(path, problem));
        if (old is not null)
        {
            // Its reader may stall, and a reload must not wait for it.
            _ = Task.Run(old.Dispose);
        }
    }

    /// <summary>Writes a line, if there is a file.</summary>
    /// <returns>False: there is no file.</returns>
    public bool TryWrite<TState>(
        LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> message)
    {
        if (_current is not { } file)
        {
            return false;
        }

        file.Write(Format(file.Config.Format, level, id, state, exception, message));
        return true;
    }

    /// <summary>Opens the file anew before the next line.</summary>
    public void Reopen() => _current?.Reopen();

    /// <inheritdoc/>
    public void Dispose() => _current?.Dispose();

    private string Format<TState>(
        AccessLogFormat format, LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> message)
    {
        if (format == AccessLogFormat.Text)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{_time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {LogText.Sentence(message(state, exception), MaxMessageLength)}\n");
        }

        var writer = _text ??= new StringWriter(CultureInfo.InvariantCulture);
        writer.GetStringBuilder().Clear();
        _json.Write(new LogEntry<TState>(level, Category, id, state, exception, message), null, writer);
        return writer.ToString();
    }

    private Func<long, string> Notice(AccessLogFileConfig config) => dropped => Format(
        config.Format, LogLevel.Warning, new EventId(1051, "AccessLinesDropped"), dropped, null,
        static (count, _) => $"{count} lines of the access log were lost: what reads it was too slow, or a write failed");
}
