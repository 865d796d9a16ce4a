using System.Collections.Concurrent;
using Gateway.Linux;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Gateway.Observability.Logs;

/// <summary>
/// Logs to the console with ASP.NET Core's section <c>Logging:Console</c> and its formatters, but through a <see cref="LineWriter"/>, so
/// that a thread that logs never writes itself. Messages of all libraries are made safe for one line.
/// </summary>
[ProviderAlias("Console")]
internal sealed class ConsoleLogProvider : ILoggerProvider, ISupportExternalScope
{
    private readonly IOptionsMonitor<ConsoleLoggerOptions> _options;
    private readonly Dictionary<string, ConsoleFormatter> _formatters;
    private readonly LogMetrics _metrics;
    private readonly LineWriter _lines;
    private readonly ConcurrentDictionary<string, ConsoleLog> _logs = new();

    public ConsoleLogProvider(
        IOptionsMonitor<ConsoleLoggerOptions> options,
        IEnumerable<ConsoleFormatter> formatters,
        LogMetrics metrics,
        AccessFiles access,
        TimeProvider? time = null)
    {
        (_options, _metrics, AccessFiles) = (options, metrics, access);
        ServerExceptions = new(OperatorWarnings.Interval, time ?? TimeProvider.System);
        _formatters = formatters.ToDictionary(static formatter => formatter.Name, StringComparer.OrdinalIgnoreCase);
        var own = new ConsoleLog("Gateway.Log", this);
        _lines = new LineWriter(OperatingSystem.IsLinux() ? StandardStreams.Write : WriteByConsole, metrics, dropped => own.Format(
            LogLevel.Warning, new EventId(1050, "LinesDropped"), dropped, null,
            static (count, _) => $"{count} lines of the log were lost: what reads it was too slow, or a write failed"));
        access.Report = (path, problem) => own.Log(
            LogLevel.Error, new EventId(1052, "AccessFileFailed"), (path, problem), null,
            static (file, _) => $"The access log cannot be written to {LogText.Sentence(file.path)}: {file.problem}. Its lines are lost");
    }

    /// <summary>The file of the access log.</summary>
    internal AccessFiles AccessFiles { get; }

    /// <summary>
    /// Exceptions that the HTTP server logs with their stack: one line for each kind and minute, because the bytes of a client can cause
    /// one with each connection (in .NET 10 a block of HTTP/2 headers that refers to index 0 does).
    /// </summary>
    internal EventTally<(int Event, Type Exception)> ServerExceptions { get; }

    /// <summary>The formatter that the section names. The name in the file was validated.</summary>
    internal ConsoleFormatter Formatter =>
        _formatters.GetValueOrDefault(_options.CurrentValue.FormatterName ?? "") ?? _formatters[ConsoleFormatterNames.Simple];

    internal IExternalScopeProvider? Scopes { get; private set; }

    public ILogger CreateLogger(string categoryName) =>
        _logs.GetOrAdd(categoryName, static (name, self) => new ConsoleLog(name, self), this);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => Scopes = scopeProvider;

    public void Dispose() => _lines.Dispose();

    internal void Write(string line, LogLevel level) => _lines.Write(line, level >= _options.CurrentValue.LogToStandardErrorThreshold);

    internal void Failed() => _metrics.Failed();

    private static int WriteByConsole(bool isError, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var stream = isError ? Console.OpenStandardError() : Console.OpenStandardOutput();
            stream.Write(bytes);
            return bytes.Length;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
