using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.Observability.Logs;

/// <summary>The logger of one category of <see cref="ConsoleLogProvider"/>.</summary>
internal sealed class ConsoleLog(string category, ConsoleLogProvider provider) : ILogger
{
    private const string Server = "Microsoft.AspNetCore.Server.Kestrel";

    // Large enough for a refused configuration, which logs a hundred errors in one line.
    private const int MaxMessageLength = 64 * 1024;

    // The largest buffer that a thread keeps between lines.
    private const int MaxKeptCapacity = 1024;

    [ThreadStatic]
    private static StringWriter? _text;

    private readonly AccessFiles? _access = category == AccessFiles.Category ? provider.AccessFiles : null;
    private readonly bool _isServer = category.StartsWith(Server, StringComparison.Ordinal);

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => provider.Scopes?.Push(state);

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        try
        {
            if (_access?.TryWrite(logLevel, eventId, state, exception, formatter) == true)
            {
                return;
            }

            var line = Line(logLevel, eventId, state, exception, formatter);
            if (line.Length > 0)
            {
                provider.Write(line, logLevel);
            }
        }
#pragma warning disable CA1031 // A value whose ToString throws must not end the connection that is logged.
        catch (Exception)
#pragma warning restore CA1031
        {
            provider.Failed();
        }
    }

    /// <summary>The line that is written; empty: none is.</summary>
    internal string Line<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> message)
    {
        if (!_isServer || exception is null || level < LogLevel.Warning)
        {
            return Format(level, id, state, exception, message);
        }

        return !provider.ServerExceptions.Count((id.Id, exception.GetType()), out var count) ? ""
            : count == 1 ? Format(level, id, state, exception, message)
            : Format(level, id, state, exception, (s, e) => $"{message(s, e)} {count} since the last such line (one a minute)");
    }

    internal string Format<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> message)
    {
        var format = provider.Formatter;
        // JSON escapes special characters itself, and its readers want the original text.
        var entry = format.Name == ConsoleFormatterNames.Json
            ? new LogEntry<TState>(level, category, id, state, exception, message)
            : new LogEntry<TState>(
                level, category, id, state, exception is null ? null : new ToldException(exception),
                (s, _) => LogText.Sentence(message(s, exception), MaxMessageLength));
        var writer = _text ??= new StringWriter();
        var text = writer.GetStringBuilder();
        try
        {
            format.Write(in entry, provider.Scopes, writer);
            return text.ToString();
        }
        finally
        {
            text.Clear();
            text.Capacity = Math.Min(text.Capacity, MaxKeptCapacity);
        }
    }
}
