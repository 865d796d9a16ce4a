using Gateway.Configuration;
using Gateway.Configuration.Watching;
using Gateway.Observability;

namespace Gateway.Hosting;

/// <summary>Follows the configuration file: a good one is put in force as a whole, a bad one changes nothing and says why.</summary>
internal sealed partial class ConfigReloader(
    ConfigSource source, GatewayServer server, GatewayRuntime runtime, ConfigMetrics metrics, TimeProvider time, ILogger<ConfigReloader> logger) : IHostedLifecycleService, IAsyncDisposable
{
    private ConfigFileWatcher? _watcher;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Not before the server has started: a change during the start would find it half-way.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _watcher = new ConfigFileWatcher(source.Path, source.Text, OnReadAsync, time, logger);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _watcher, null) is { } watcher)
        {
            await watcher.DisposeAsync();
        }
    }

    private async Task OnReadAsync(ConfigFileRead read)
    {
        if (read.Text is null)
        {
            Refuse([read.Error!]);
            return;
        }
        var result = ConfigReader.Parse(read.Text, source.Environment);
        if (result.Config is null)
        {
            Refuse([.. result.Errors.Select(error => error.ToString())]);
            return;
        }
        var problems = await server.ApplyAsync(SnapshotBuilder.Build(result));
        if (problems.Count > 0)
        {
            Refuse(problems);
            return;
        }
        foreach (var warning in result.Warnings)
        {
            Log.Warning(logger, warning.ToString());
        }
        metrics.Reloaded(succeeded: true);
        Log.Reloaded(logger, source.Path, runtime.Current.Listeners.Count, result.Config.TcpProxy.Routes.Count, result.Config.ReverseProxy.Routes.Count);
    }

    private void Refuse(IReadOnlyList<string> problems)
    {
        metrics.Reloaded(succeeded: false);
        Log.Refused(logger, source.Path, problems.Count, string.Join("; ", problems));
    }

    private static partial class Log
    {
        [LoggerMessage(1030, LogLevel.Information, "{Path} is in force: {Listeners} listeners, {TcpRoutes} TCP routes, {HttpRoutes} HTTP routes")]
        public static partial void Reloaded(ILogger logger, string path, int listeners, int tcpRoutes, int httpRoutes);

        [LoggerMessage(1031, LogLevel.Error, "{Path} is refused, the last good configuration stays; {Count} error(s): {Problems}")]
        public static partial void Refused(ILogger logger, string path, int count, string problems);

        [LoggerMessage(1032, LogLevel.Warning, "{Warning}")]
        public static partial void Warning(ILogger logger, string warning);
    }
}
