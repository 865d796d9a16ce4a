using System.Runtime.InteropServices;
using Gateway.Observability;
using Gateway.Snapshots;

namespace Gateway.Hosting;

/// <summary>
/// Ends the process by signal: the first SIGTERM or SIGINT begins the drain, a second one ends at once. The stock console lifetime would
/// swallow the second, and an operator who presses Ctrl+C twice means it.
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

    /// <summary>What a signal does.</summary>
    internal void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) == 1)
        {
            // First: a logger that fails must not cost the drain, let alone the process.
            application.StopApplication();
            LastWords.Try(() => Log.Draining(logger, context.Signal));
            return;
        }
        LastWords.Try(() => Log.EndingAtOnce(logger, context.Signal));
        // What lives in the kernel does not end with us.
        services.GetService<GatewayRuntime>()?.RemoveDnat();
        // 128 + number, as a shell reports a process that the signal killed.
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
