using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Names;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Health;

/// <summary>
/// Watches the destinations of the clusters that are checked (<see cref="ClusterModel.HealthCheck"/>): one checker for each
/// <see cref="DestinationHealth"/>. Follows the configuration: a destination that stays as it is has the same health in the next model, and
/// keeps its checker; one that goes is not asked any more.
/// </summary>
internal sealed partial class HealthMonitor : IAsyncDisposable
{
    private readonly HostResolver _resolver;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HealthMetrics _metrics;
    private readonly CheckRoom _room = new();
    private readonly Func<IPEndPoint, TimeSpan, CancellationToken, Task<bool?>> _probe;
    private readonly List<Task> _ending = [];
    private Dictionary<DestinationHealth, DestinationChecker> _checkers = [];
    private volatile IReadOnlyList<DestinationChecker> _inForce = [];

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
        _metrics = new HealthMetrics(meters, () => _inForce, _room);
    }

    /// <summary>Called, on any thread, when the healthy addresses of a destination have changed.</summary>
    public Action? Changed { get; set; }

    /// <summary>
    /// Watches the destinations of these clusters and no others. Waits for no answer: a dead name server or destination of one cluster
    /// would keep a configuration from all others. Not to be called twice at once.
    /// </summary>
    /// <param name="inForce">Clusters that connections are sent to.</param>
    /// <param name="trial">Clusters that are to follow them, and may yet be refused; null: none. The gauge does not have them.</param>
    public void Follow(IEnumerable<ClusterModel> inForce, IEnumerable<ClusterModel>? trial = null)
    {
        var before = _checkers;
        var after = new Dictionary<DestinationHealth, DestinationChecker>();
        Watch(inForce, before, after);
        _inForce = [.. after.Values];
        Watch(trial ?? [], before, after);
        _checkers = after;
        foreach (var (health, checker) in before)
        {
            if (!after.ContainsKey(health))
            {
                _ending.RemoveAll(static ending => ending.IsCompleted);
                _ending.Add(checker.DisposeAsync().AsTask());
            }
        }
    }

    /// <summary>
    /// Waits until every destination of some clusters that are watched has its first verdict, or for a limited time. Does not throw when it
    /// runs out.
    /// </summary>
    /// <param name="clusters">The clusters.</param>
    /// <param name="limit">How long.</param>
    public async Task FirstVerdictsAsync(IEnumerable<ClusterModel> clusters, TimeSpan limit)
    {
        var checkers = _checkers;
        var watched = clusters
            .SelectMany(static cluster => cluster.Destinations)
            .Where(static destination => destination.Health is not null);
        var verdicts = Task.WhenAll(watched.Select(destination => checkers[destination.Health!].First));
        await verdicts.WaitAsync(limit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Follow([]);
        await Task.WhenAll(_ending);
    }

    // A destination that stays what it is has its checker already.
    private void Watch(
        IEnumerable<ClusterModel> clusters,
        Dictionary<DestinationHealth, DestinationChecker> before,
        Dictionary<DestinationHealth, DestinationChecker> after)
    {
        foreach (var cluster in clusters)
        {
            foreach (var destination in cluster.HealthCheck is null ? [] : cluster.Destinations)
            {
                if (!after.TryGetValue(destination.Health!, out var checker) && !before.TryGetValue(destination.Health!, out checker))
                {
                    _metrics.StartAtZero(cluster.Name, destination.Name);
                    checker = new DestinationChecker(
                        cluster.Name, destination, cluster.HealthCheck!, _resolver, _metrics, _time, _room, _probe, OnChange, _logger);
                }

                after[destination.Health!] = checker;
            }
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

    private static partial class Log
    {
        [LoggerMessage(
            2030,
            LogLevel.Information,
            "Cluster {Cluster}: destination {Destination} answers health checks again ({Addresses})"
        )]
        public static partial void Healthy(ILogger logger, string cluster, string destination, string addresses);

        [LoggerMessage(
            2031,
            LogLevel.Warning,
            "Cluster {Cluster}: destination {Destination} does not answer health checks and gets no new connections ({Addresses})"
        )]
        public static partial void Unhealthy(ILogger logger, string cluster, string destination, string addresses);
    }
}
