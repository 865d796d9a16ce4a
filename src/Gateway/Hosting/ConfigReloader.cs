using System.Runtime.InteropServices;
using Gateway.Checks;
using Gateway.Configuration.Files;
using Gateway.Configuration.Loading;
using Gateway.Observability;
using Gateway.Snapshots;
using Gateway.Tcp.Telemetry;
using Gateway.Tls;

namespace Gateway.Hosting;

/// <summary>
/// Follows the configuration file. A valid file is put in force as a whole. An invalid file changes nothing, and its errors are logged.
/// </summary>
internal sealed partial class ConfigReloader(
    ConfigSource source,
    GatewayServer server,
    GatewayRuntime runtime,
    RestartKeys restart,
    CertificateStore certificates,
    SelfTest selfTest,
    ConfigMetrics metrics,
    TimeProvider time,
    ILogger<ConfigReloader> logger) : IHostedLifecycleService, IAsyncDisposable
{
    private ConfigFileWatcher? _watcher;
    private PosixSignalRegistration? _signal;
    private WaitingFile? _file;
    private string? _refusedFor;
    private string _inForce = source.Text;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _file = new WaitingFile(text => ConfigReader.Parse(text, source.Environment), () => _watcher?.ReadAgain(), time);
        // The default action of SIGHUP would end the process without a drain.
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _watcher?.ReadAgain();
        });
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Starts the watcher after the server has started, because a change must not meet a server that has only partly started.
    /// </summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        metrics.Looked(time.GetUtcNow());
        _watcher = new ConfigFileWatcher(source.Path, source.Text, OnReadAsync, time, logger, onLook: metrics.Looked);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _signal?.Dispose();
        if (Interlocked.Exchange(ref _watcher, null) is { } watcher)
        {
            await watcher.DisposeAsync();
        }
        if (Interlocked.Exchange(ref _file, null) is { } file)
        {
            await file.DisposeAsync();
        }
    }

    private async Task OnReadAsync(ConfigFileRead read)
    {
        try
        {
            await ApplyAsync(read);
        }
        catch
        {
            // The watcher logs the exception.
            metrics.Reloaded(succeeded: false);
            throw;
        }
    }

    private async Task ApplyAsync(ConfigFileRead read)
    {
        var (result, isRetry) = _file!.Take(read.Text);
        if (result is null)
        {
            Refuse([read.Error!], 1);
            return;
        }
        if (result.Config is null)
        {
            Refuse([.. result.Errors.Select(error => error.ToString())], result.ErrorCount);
            return;
        }
        var snapshot = SnapshotBuilder.Build(result with { Config = restart.InUse(result.Config) }, runtime.Current.Tcp, certificates);
        var problems = await server.ApplyAsync(snapshot);
        if (problems.Count > 0)
        {
            // The file is tried again later: unlike an error in the file, a problem of the host (a port in use) can end without a change of
            // the file.
            _file.Keep(read.Text!, result);
            Refuse(problems, problems.Count, isRetry);
            return;
        }
        foreach (var warning in result.Warnings)
        {
            Log.Warning(logger, warning.ToString());
        }
        metrics.Reloaded(succeeded: true);
        var changes = ConfigChanges.Between(_inForce, read.Text!).Except(RestartKeys.Paths);
        _inForce = read.Text!;
        Log.Reloaded(
            logger,
            source.Path,
            runtime.Current.Listeners.Count,
            result.Config.TcpProxy.Routes.Count,
            result.Config.ReverseProxy.Routes.Count,
            changes.Describe());
        restart.Tell(result.Config);
        selfTest.Begin();
    }

    private void Refuse(IReadOnlyList<string> problems, int count, bool isRetry = false)
    {
        var reasons = string.Join("; ", problems.Select(problem => LogText.Sentence(problem)));
        if (isRetry && reasons == _refusedFor)
        {
            // These problems were logged already.
            return;
        }
        _refusedFor = reasons;
        metrics.Reloaded(succeeded: false);
        Log.Refused(logger, source.Path, count, reasons);
    }

    private static partial class Log
    {
        [LoggerMessage(
            1030,
            LogLevel.Information,
            "{Path} is in force: {Listeners} listeners, {TcpRoutes} TCP routes, {HttpRoutes} HTTP routes; {Changes}"
        )]
        public static partial void Reloaded(ILogger logger, string path, int listeners, int tcpRoutes, int httpRoutes, string changes);

        [LoggerMessage(1031, LogLevel.Error, "{Path} is refused, the last good configuration stays; {Count} error(s): {Problems}")]
        public static partial void Refused(ILogger logger, string path, int count, string problems);

        [LoggerMessage(1032, LogLevel.Warning, "{Warning}")]
        public static partial void Warning(ILogger logger, string warning);
    }
}
