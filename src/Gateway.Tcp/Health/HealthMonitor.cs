using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Names;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Health;

/// <summary>
/// Watches the destinations of the clusters that want it. Follows the configuration: a destination that stays as it is keeps its checker and what it knows; one that
/// goes is not asked any more.
/// </summary>
internal sealed partial class HealthMonitor : IAsyncDisposable
{
    private readonly HostResolver _resolver;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HealthMetrics _metrics;
    private readonly CheckRoom _room = new();
    private readonly Func<IPEndPoint, TimeSpan, CancellationToken, Task<bool?>> _probe;
    private volatile Dictionary<Key, DestinationChecker> _checkers = [];

    public HealthMonitor(
        HostResolver resolver,
        IMeterFactory meters,
        ILoggerFactory loggers,
        TimeProvider time,
        Func<IPEndPoint, TimeSpan, CancellationToken, Task<bool?>> probe)
    {
        _resolver = resolver;
        _time = time;
        _logger = loggers.CreateLogger<HealthMonitor>();
        _probe = probe;
        _metrics = new HealthMetrics(meters, () => _checkers.Values, _room);
    }

    /// <summary>Called, on any thread, when the healthy addresses of a destination have changed.</summary>
    public Action? Changed { get; set; }

    /// <summary>
    /// Watches these clusters and no others, and gives each destination its <see cref="DestinationModel.Health"/>. Waits for no answer: a dead name server or destination
    /// of one cluster would keep a configuration from all others. Not to be called twice at once.
    /// </summary>
    /// <param name="clusters">Clusters with the rules of their checks.</param>
    public async Task FollowAsync(IEnumerable<(ClusterModel Cluster, HealthCheckModel Rules)> clusters)
    {
        var before = _checkers;
        var after = new Dictionary<Key, DestinationChecker>();
        foreach (var (cluster, rules) in clusters)
        {
            foreach (var destination in cluster.Destinations)
            {
                var key = new Key(cluster.Name, destination.Name, destination.Address, rules);
                if (!before.TryGetValue(key, out var checker))
                {
                    _metrics.StartAtZero(cluster.Name, destination.Name);
                    checker = new DestinationChecker(cluster.Name, destination, rules, _resolver, _metrics, _time, _room, _probe, OnChange, _logger);
                }

                after[key] = checker;
                destination.Health = checker.Health;
            }
        }

        _checkers = after;
        foreach (var (key, checker) in before)
        {
            if (!after.ContainsKey(key))
            {
                await checker.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits until every destination of some clusters has its first verdict, or for a limited time. Does not throw when it runs out.</summary>
    /// <param name="clusters">Their names.</param>
    /// <param name="limit">How long.</param>
    public async Task FirstVerdictsAsync(IReadOnlySet<string> clusters, TimeSpan limit)
    {
        var verdicts = Task.WhenAll(_checkers.Values.Where(checker => clusters.Contains(checker.Cluster)).Select(static checker => checker.First));
        await verdicts.WaitAsync(limit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var all = _checkers;
        _checkers = [];
        foreach (var checker in all.Values)
        {
            await checker.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void OnChange(DestinationChecker checker, bool wasHealthy)
    {
        if (wasHealthy && !checker.Health.IsHealthy)
        {
            _metrics.Ejected(checker.Cluster, checker.Destination);
        }

        if (wasHealthy != checker.Health.IsHealthy)
        {
            LogState(checker);
        }

        Changed?.Invoke();
    }

    private void LogState(DestinationChecker checker)
    {
        var addresses = string.Join(", ", checker.Health.Addresses.Select(static address => address.Address));
        if (checker.Health.IsHealthy)
        {
            Log.Healthy(_logger, checker.Cluster, checker.Destination, addresses);
        }
        else
        {
            Log.Unhealthy(_logger, checker.Cluster, checker.Destination, addresses);
        }
    }

    private readonly record struct Key(string Cluster, string Destination, string Address, HealthCheckModel Rules);

    private static partial class Log
    {
        [LoggerMessage(2030, LogLevel.Information, "Cluster {Cluster}: destination {Destination} answers health checks again ({Addresses})")]
        public static partial void Healthy(ILogger logger, string cluster, string destination, string addresses);

        [LoggerMessage(2031, LogLevel.Warning, "Cluster {Cluster}: destination {Destination} does not answer health checks and gets no new connections ({Addresses})")]
        public static partial void Unhealthy(ILogger logger, string cluster, string destination, string addresses);
    }
}
