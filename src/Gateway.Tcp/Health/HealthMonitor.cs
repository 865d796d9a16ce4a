using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Health.Probes;
using Gateway.Tcp.Names;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Health;

/// <summary>
/// Watches the destinations of the clusters that are checked (<see cref="ClusterModel.HealthCheck"/>): one checker for each
/// <see cref="DestinationHealth"/>. Follows the configuration: an unchanged destination has the same health object in the next model, and
/// keeps its checker; a destination that was removed is not checked any more.
/// </summary>
internal sealed partial class HealthMonitor : IAsyncDisposable
{
    // Addresses of one name mostly fail for the same reason.
    private const int MostReasons = 4;

    private readonly HostResolver _resolver;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HealthMetrics _metrics;
    private readonly CheckRoom _room = new();
    private readonly Func<ProbeTarget, CancellationToken, Task<ProbeResult>> _probe;
    private readonly List<Task> _ending = [];
    private Dictionary<DestinationHealth, DestinationChecker> _checkers = [];
    private volatile IReadOnlyList<DestinationChecker> _inForce = [];

    public HealthMonitor(
        HostResolver resolver,
        IMeterFactory meters,
        ILoggerFactory loggers,
        TimeProvider time,
        Func<ProbeTarget, CancellationToken, Task<ProbeResult>> probe)
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
    /// Ends the live connections to an address that was taken out of use: the cluster's name, the destination and the address. Called, on
    /// any thread, for clusters that want it (<see cref="ClusterModel.ClosesUnhealthy"/>).
    /// </summary>
    public Action<string, DestinationModel, IPEndPoint>? Close { get; set; }

    /// <summary>
    /// Watches the destinations of these clusters and no others. Waits for no answer, because a dead name server or destination of one
    /// cluster would delay the configuration of all others. Not to be called twice at once.
    /// </summary>
    /// <param name="inForce">The clusters that connections are sent to.</param>
    /// <param name="trial">
    /// The clusters of the next configuration, which may yet be refused; null: none. The gauge does not include them.
    /// </param>
    public void Follow(IEnumerable<ClusterModel> inForce, IEnumerable<ClusterModel>? trial = null)
    {
        var before = _checkers;
        var known = _inForce;
        var after = new Dictionary<DestinationHealth, DestinationChecker>();
        Watch(inForce, before, after);
        _inForce = [.. after.Values];
        foreach (var checker in _inForce.Except(known))
        {
            // Verdicts of a trial end no connection before the configuration is in force.
            foreach (var address in checker.Health.Addresses.Where(static address => address.IsDown))
            {
                OnDown(checker, address.Address);
            }
        }

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
    /// Waits until every destination of some watched clusters has its first verdict, or until the time limit. Does not throw when the time
    /// runs out.
    /// </summary>
    /// <param name="clusters">The clusters.</param>
    /// <param name="limit">The time limit.</param>
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

    // An unchanged destination has its checker already. A trial leaves a checker that is in force as it is, because it may yet be refused.
    private void Watch(
        IEnumerable<ClusterModel> clusters,
        Dictionary<DestinationHealth, DestinationChecker> before,
        Dictionary<DestinationHealth, DestinationChecker> after)
    {
        foreach (var cluster in clusters)
        {
            foreach (var destination in cluster.HealthCheck is null ? [] : cluster.Destinations)
            {
                if (after.ContainsKey(destination.Health!))
                {
                    continue;
                }

                if (!before.TryGetValue(destination.Health!, out var checker))
                {
                    _metrics.StartAtZero(cluster.Name, destination.Name);
                    checker = new DestinationChecker(
                        cluster, destination, _resolver, _metrics, _time, _room, _probe, OnChange, OnDown, _logger);
                }

                checker.Model = cluster;
                after.Add(destination.Health!, checker);
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

    private void OnDown(DestinationChecker checker, IPEndPoint address)
    {
        if (checker.Model.ClosesUnhealthy && _inForce.Contains(checker))
        {
            Close?.Invoke(checker.Cluster, checker.DestinationModel, address);
        }
    }

    private void LogState(DestinationChecker checker)
    {
        if (checker.Health.IsHealthy)
        {
            var addresses = string.Join(", ", checker.Health.Addresses.Select(static address => address.Address));
            Log.Healthy(_logger, checker.Cluster, checker.Destination, addresses);
        }
        else
        {
            var kind = checker.Model.HealthCheck!.Probe.Kind;
            var reasons = string.Join(
                ", ",
                checker.Health.Addresses.Take(MostReasons).Select(static address => $"{address.Address}: {address.LastFailure}"));
            Log.Unhealthy(_logger, checker.Cluster, checker.Destination, kind, reasons);
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
            "Cluster {Cluster}: destination {Destination} does not answer health checks and gets no new connections "
                + "({Kind} check, {Addresses})"
        )]
        public static partial void Unhealthy(
            ILogger logger, string cluster, string destination, TcpHealthCheckKind kind, string addresses);
    }
}
