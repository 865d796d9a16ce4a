using System.Runtime.InteropServices;
using Gateway.Checks;
using Gateway.Configuration.Files;
using Gateway.Configuration.Loading;
using Gateway.Kubernetes.Endpoints;
using Gateway.Kubernetes.GatewayApi;
using Gateway.Observability;
using Gateway.Observability.Logs;
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
    ServiceRegistry services,
    SelfTest selfTest,
    ConfigMetrics metrics,
    ConfigStatus status,
    AccessFiles accessFiles,
    ClusterRoutes routes,
    TimeProvider time,
    ILogger<ConfigReloader> logger) : IHostedLifecycleService, IAsyncDisposable
{
    // A file that has changed and objects of a cluster that have changed take turns.
    private readonly SemaphoreSlim _turn = new(1, 1);

    private ConfigFileWatcher? _watcher;
    private ConfigResult? _good;
    private PosixSignalRegistration? _signal;
    private WaitingFile? _file;
    private string? _refusedFor;
    private string _inForce = source.Text;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        status.Started(source.Text);
        if (routes.Follow(runtime.Current.Config.Kubernetes) is { } missing)
        {
            throw new StartupException(LogText.Sentence(missing.ToString()));
        }
        _file = new WaitingFile(text => ConfigReader.Parse(text, source.Environment), () => _watcher?.ReadAgain(), time);
        // The default action of SIGHUP would end the process without a drain.
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _watcher?.ReadAgain();
            accessFiles.Reopen();
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
        if (runtime.Current.Config.Kubernetes?.GatewayClass is not null)
        {
            _good = ConfigReader.Parse(source.Text, source.Environment);
        }

        routes.Changed += OnClusterChanged;
        OnClusterChanged();
        _watcher = new ConfigFileWatcher(source.Path, source.Text, OnReadAsync, time, logger, onLook: metrics.Looked);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // The server takes no configuration any more.
        routes.Changed -= OnClusterChanged;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _signal?.Dispose();
        routes.Changed -= OnClusterChanged;
        if (Interlocked.Exchange(ref _watcher, null) is { } watcher)
        {
            await watcher.DisposeAsync();
        }
        if (Interlocked.Exchange(ref _file, null) is { } file)
        {
            await file.DisposeAsync();
        }
        // A change that is being put in force still tells its statuses.
        await _turn.WaitAsync();
        await routes.DisposeAsync();
        _turn.Release();
    }

    private async Task OnReadAsync(ConfigFileRead read)
    {
        await _turn.WaitAsync();
        try
        {
            await ApplyAsync(read);
        }
        catch (Exception fault)
        {
            // The watcher logs the exception.
            status.Refused($"a fault of the gateway: {fault.Message}");
            metrics.Reloaded(succeeded: false);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private void OnClusterChanged() => _ = FollowClusterAsync();

    // The file that is in force stays in force, also if a newer one is refused: only what the objects add is another.
    private async Task FollowClusterAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (_good is { } good && routes.IsReady && await PutInForceAsync(good) is { Count: > 0 } problems)
            {
                Log.NotFollowed(logger, string.Join("; ", problems.Select(problem => LogText.Sentence(problem))));
            }
        }
#pragma warning disable CA1031 // A fault must not end what follows the cluster.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LastWords.Try(() => Log.FollowFailed(logger, fault));
        }
        finally
        {
            _turn.Release();
        }
    }

    // Puts the file's configuration in force, with what a cluster adds. What this host cannot run of the cluster's part is left out.
    private async Task<IReadOnlyList<string>> PutInForceAsync(ConfigResult file)
    {
        var result = file with { Config = restart.InUse(file.Config!) };
        if (!routes.IsReady)
        {
            return await server.ApplyAsync(SnapshotBuilder.Build(result, runtime.Current.Tcp, certificates, services));
        }
        var refused = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (true)
        {
            var merged = routes.Merge(result, refused);
            if (merged.Problem is { } conflict)
            {
                // What is in force stays: without the cluster's part, all of its routes would be gone.
                return [conflict];
            }
            var snapshot = SnapshotBuilder.Build(merged.Result, runtime.Current.Tcp, certificates, services);
            var problems = await server.ApplyAsync(snapshot);
            if (problems.Count == 0)
            {
                routes.Applied(merged, isPartial: refused.Count > 0);
                return [];
            }
            var known = refused.Count;
            foreach (var (path, problem) in merged.OfCluster(problems))
            {
                refused[path] = problem;
            }
            if (refused.Count == known)
            {
                return problems;
            }
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
        if (routes.Follow(result.Config.Kubernetes) is { } missing)
        {
            Refuse([missing.ToString()], 1);
            return;
        }
        var problems = await PutInForceAsync(result);
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
        _good = result;
        status.Loaded(read.Text!);
        var changes = ConfigChanges.Between(_inForce, read.Text!).Except(RestartKeys.Paths);
        _inForce = read.Text!;
        // The numbers of /api/config: what is in force, with what a cluster adds, and without Probes and Admin.
        var inForce = runtime.Current.Config;
        Log.Reloaded(
            logger,
            source.Path,
            inForce.Listeners.Count,
            inForce.TcpProxy.Routes.Count,
            inForce.ReverseProxy.Routes.Count,
            changes.Describe());
        restart.Tell(result.Config);
        // Whoever sees the counter move finds the rest said.
        metrics.Reloaded(succeeded: true);
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
        status.Refused(reasons);
        Log.Refused(logger, source.Path, count, reasons);
        metrics.Reloaded(succeeded: false);
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

        [LoggerMessage(1035, LogLevel.Error, "What the cluster's objects add is refused, what was in force stays: {Problems}")]
        public static partial void NotFollowed(ILogger logger, string problems);

        [LoggerMessage(1036, LogLevel.Error, "The cluster's objects could not be followed for a fault of the gateway")]
        public static partial void FollowFailed(ILogger logger, Exception fault);

        [LoggerMessage(1032, LogLevel.Warning, "{Warning}")]
        public static partial void Warning(ILogger logger, string warning);
    }
}
