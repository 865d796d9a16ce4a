using Microsoft.Extensions.Logging.Console;

namespace Gateway.Observability.Logs;

/// <summary>
/// Sets up console logging that never delays traffic. Lines that the console cannot take in time are dropped and counted, and a later line
/// says how many.
/// </summary>
internal static class LoggingSetup
{
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ";

    public static ILoggingBuilder AddGatewayLogging(this ILoggingBuilder logging, IConfiguration configuration)
    {
        // These filters hide the frameworks' lines for each request. They come before the file's own rules, so that the file wins.
        logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Yarp", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning)
            .AddFilter("Microsoft.Hosting.Lifetime", LogLevel.None)
            // If this category is on, the host creates an Activity for every request, and a traceparent for the backend that nobody
            // collects. Traces by OTLP do not need this category.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // This category would print the stack of a failed start. The exception's message is enough.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddConfiguration(configuration.GetSection("Logging"));
        // These options come before AddConsole, so that its binding of Logging:Console wins. The formatter's name is needed, because
        // without a name the console uses its obsolete options, which override those of the formatter below.
        logging.Services.Configure<ConsoleLoggerOptions>(options => options.FormatterName = ConsoleFormatterNames.Simple);
        logging.Services.Configure<SimpleConsoleFormatterOptions>(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = Timestamp + " ";
            options.UseUtcTimestamp = true;
            options.ColorBehavior = LoggerColorBehavior.Default;
        });
        // Set here, because a JSON line has no time by default.
        logging.Services.Configure<JsonConsoleFormatterOptions>(options =>
        {
            options.TimestampFormat = Timestamp;
            options.UseUtcTimestamp = true;
        });
        // AddConsole registers the configuration section, the options and the formatters. Its provider is replaced by our own.
        logging.AddConsole();
        logging.Services.Remove(logging.Services.Single(static service => service.ImplementationType == typeof(ConsoleLoggerProvider)));
        logging.Services.AddMetrics().AddSingleton<LogMetrics>().AddSingleton<AccessFileMetrics>().AddSingleton<AccessFiles>()
            .AddSingleton<ILoggerProvider, ConsoleLogProvider>();
        return logging;
    }
}
