using System.Runtime.InteropServices;
using Gateway.Observability;
using Gateway.Snapshots;

namespace Gateway.Hosting;

/// <summary>
/// Ends the process by signal: the first SIGTERM or SIGINT begins the drain, a second signal ends the process at once. The console lifetime
/// of .NET is not used, because it would ignore the second signal.
/// </summary>
internal sealed partial class GatewayLifetime(
    IHostApplicationLifetime application,
    IServiceProvider services,
    ILogger<GatewayLifetime> logger) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signals;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    /// <summary>Handles a signal.</summary>
    internal void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) == 1)
        {
            // The drain begins before the log line, because an exception of the logger must not prevent it.
            application.StopApplication();
            services.GetService<GatewayServer>()?.Hurry();
            LastWords.Try(() => Log.Draining(logger, context.Signal));
            return;
        }
        LastWords.Try(() => Log.EndingAtOnce(logger, context.Signal));
        // The rules in the kernel do not end with this process, so they are removed here.
        services.GetService<GatewayRuntime>()?.RemoveDnat();
        // 128 + number: the exit code that a shell reports for a process killed by the signal.
        Environment.Exit(context.Signal == PosixSignal.SIGTERM ? 143 : context.Signal == PosixSignal.SIGINT ? 130 : 131);
    }

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Information, "{Signal}: draining; a second signal ends at once")]
        public static partial void Draining(ILogger logger, PosixSignal signal);

        [LoggerMessage(1002, LogLevel.Warning, "{Signal} again: ending at once")]
        public static partial void EndingAtOnce(ILogger logger, PosixSignal signal);
    }
}
