using System.Diagnostics.CodeAnalysis;
using Gateway.Observability.Logs;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Lets the logging library read a whole section as it does when the section is in force. This finds errors that the checks of single keys
/// overlook.
/// </summary>
internal static class LoggingTrial
{
    /// <summary>Tries a section. Nothing is logged, and no thread is started.</summary>
    /// <param name="flat">The section by key path.</param>
    /// <returns>Why the section cannot be read; null: it can be read.</returns>
    public static string? FindProblem(IReadOnlyDictionary<string, string?> flat)
    {
        try
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(flat).Build();
            using var services = new ServiceCollection()
                .AddLogging(logging => logging.AddGatewayLogging(configuration))
                .BuildServiceProvider();
            Read<LoggerFilterOptions>(services);
            Read<ConsoleLoggerOptions>(services);
            Read<SimpleConsoleFormatterOptions>(services);
            Read<JsonConsoleFormatterOptions>(services);
            Read<ConsoleFormatterOptions>(services);
            return null;
        }
#pragma warning disable CA1031 // The binder and the setters of options may throw any exception.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return LogText.DetailOf(e);
        }
    }

    private static void Read<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(
        IServiceProvider services)
        where T : class =>
        _ = services.GetRequiredService<IOptions<T>>().Value;
}
