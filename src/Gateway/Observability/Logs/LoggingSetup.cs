using Microsoft.Extensions.Logging.Console;

namespace Gateway.Observability.Logs;

/// <summary>
/// Console logging that never holds up traffic: what the console cannot take is dropped and counted, and the console says how many.
/// </summary>
internal static class LoggingSetup
{
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ";

    public static ILoggingBuilder AddGatewayLogging(this ILoggingBuilder logging, IConfiguration configuration)
    {
        // Before the file's own rules, which win: the frameworks' per-request lines would drown ours.
        logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Yarp", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning)
            .AddFilter("Microsoft.Hosting.Lifetime", LogLevel.None)
            // While it is on, the host makes an Activity for every request, and a traceparent for the backend that nobody collects. Traces
            // by OTLP do not need it.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // It would print the stack of a start that failed, whose message says all there is to say.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddConfiguration(configuration.GetSection("Logging"));
        // Before AddConsole, whose binding of Logging:Console comes later and so wins. Without a formatter's name the console falls back to
        // the options of its first versions, which undo those of the formatter below.
        logging.Services.Configure<ConsoleLoggerOptions>(options => options.FormatterName = ConsoleFormatterNames.Simple);
        logging.Services.Configure<SimpleConsoleFormatterOptions>(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = Timestamp + " ";
            options.UseUtcTimestamp = true;
            options.ColorBehavior = LoggerColorBehavior.Default;
        });
        // A line of JSON has no time at all by default.
        logging.Services.Configure<JsonConsoleFormatterOptions>(options =>
        {
            options.TimestampFormat = Timestamp;
            options.UseUtcTimestamp = true;
        });
        // The stock console for its section, its options and its formatters, and our own provider in the place of its.
        logging.AddConsole();
        logging.Services.Remove(logging.Services.Single(static service => service.ImplementationType == typeof(ConsoleLoggerProvider)));
        logging.Services.AddMetrics().AddSingleton<LogMetrics>().AddSingleton<ILoggerProvider, ConsoleLogProvider>();
        return logging;
    }
}
