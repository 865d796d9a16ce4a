using Gateway.Configuration;
using Gateway.Snapshots;
using Gateway.Tcp.Engines;

namespace Gateway.Checks;

/// <summary>
/// Runs the checks of the running gateway: in the background after the start and after each reload (<c>Checks:AtStart</c>), and when the
/// admin listener gets a request for them. The checks never delay anything. A newer configuration ends the run for the older configuration.
/// </summary>
internal sealed partial class SelfTest(
    GatewayRuntime runtime, OwnListeners ownListeners, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<SelfTest> logger)
{
    private readonly Lock _gate = new();
    private CancellationTokenSource? _running;
    private Task<CheckReport>? _report;
    private GatewaySnapshot? _checked;
    private CheckScope _scope;

    /// <summary>Begins a run whose findings are logged, if the configuration in force asks for it.</summary>
    public void Begin()
    {
        if (runtime.Current.Config.Checks.AtStart is not CheckScope.None and var scope)
        {
            _ = LogAsync(Start(scope, afresh: true));
        }
    }

    /// <summary>
    /// The last report on the configuration in force, also if its run has not ended yet. If there is none, a run on this host begins now.
    /// </summary>
    public Task<CheckReport> ReportAsync() => Start(CheckScope.Host, afresh: false);

    /// <summary>A new report that includes destinations.</summary>
    public Task<CheckReport> CheckAllAsync() => Start(CheckScope.All, afresh: true);

    private Task<CheckReport> Start(CheckScope scope, bool afresh)
    {
        lock (_gate)
        {
            var current = runtime.Current;
            if (_report is { IsCanceled: false, IsFaulted: false } known
                && ReferenceEquals(current, _checked)
                && (!afresh || (scope == _scope && !known.IsCompleted)))
            {
                return known;
            }

            _running?.Cancel();
            _running?.Dispose();
            _running = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
            _checked = current;
            _scope = scope;
            var context = new CheckContext(current) { IsRunning = true, Scope = scope, Time = time, OwnListeners = ownListeners };
            return _report = CheckSuite.RunAsync(context, current.Config.Checks.Timeout, _running.Token);
        }
    }

    private async Task LogAsync(Task<CheckReport> run)
    {
        CheckReport report;
        try
        {
            report = await run;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        foreach (var result in report.Results.Where(result => result.Severity >= CheckSeverity.Warn))
        {
            Log.Finding(logger, result.Severity, result.Describe());
        }

        Log.Done(logger, report.Summary);
    }

    private static partial class Log
    {
        [LoggerMessage(1040, LogLevel.Warning, "Self-test, {Severity}: {Finding}")]
        public static partial void Finding(ILogger logger, CheckSeverity severity, string finding);

        [LoggerMessage(1041, LogLevel.Information, "Self-test: {Summary}")]
        public static partial void Done(ILogger logger, string summary);
    }
}
