using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Gateway.Configuration;
using Gateway.Http.Messages;
using Gateway.Kubernetes.Endpoints;
using Gateway.Observability;
using Gateway.Tcp.Telemetry;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Leaves a destination out for a short time when connects to it fail. Otherwise each request that a dead destination gets would wait for
/// the time of a connect. When the time is over, the destination gets requests again, and its next failure leaves it out again. Clusters of
/// two or more destinations have this policy if the file does not set passive health (<see cref="PassiveHealthFilter"/>).
/// </summary>
internal sealed partial class FailedConnectsPolicy(
    IClusterDestinationsUpdater updater,
    IMeterFactory meters,
    ILoggerFactory loggers,
    TimeProvider time) : IPassiveHealthCheckPolicy, IStartsAtZero
{
    /// <summary>The name of this policy in a cluster's configuration.</summary>
    public const string PolicyName = "FailedConnects";

    // The same number as for TCP clusters: a single failure may be a restart.
    private const int FailuresInARow = 2;

    private static readonly TimeSpan DefaultReactivation = TimeSpan.FromSeconds(10);

    private readonly Counter<long> _ejections = EjectionCounter.Create(meters);

    private readonly ILogger _logger = loggers.CreateLogger("Gateway.Health");
    private readonly ConditionalWeakTable<DestinationState, Failures> _failures = [];

    // The number of destinations whose last connect failed. While the number is 0, successful requests skip the lookup.
    private int _failing;

    /// <inheritdoc/>
    public string Name => PolicyName;

    /// <inheritdoc/>
    public void StartAtZero(GatewayConfig config)
    {
        foreach (var cluster in config.ReverseProxy.Clusters)
        {
            foreach (var destination in cluster.Destinations?.Keys ?? [])
            {
                _ejections.Add(0, new("cluster", cluster.ClusterId), new("destination", destination));
            }
        }
    }

    /// <inheritdoc/>
    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.Features.Find<IForwarderErrorFeature>() is not { } error)
        {
            Reached(cluster, destination);
        }
        else if (RequestFailures.Of(context)?.MayTryAnother() == true)
        {
            Failed(cluster, destination, error.Exception);
        }
    }

    private void Reached(ClusterState cluster, DestinationState destination)
    {
        if (Volatile.Read(ref _failing) == 0 || !_failures.TryGetValue(destination, out var failures) || failures.Reset() == 0)
        {
            return;
        }

        Interlocked.Decrement(ref _failing);
        if (failures.IsTold)
        {
            failures.IsTold = false;
            Log.Again(_logger, cluster.ClusterId, destination.DestinationId);
        }

        if (destination.Health.Passive == DestinationHealth.Unhealthy)
        {
            // It got a request although it was left out, because all destinations were left out.
            Set(cluster, destination, DestinationHealth.Healthy);
        }
    }

    private void Failed(ClusterState cluster, DestinationState destination, Exception? failed)
    {
        var failures = _failures.GetOrCreateValue(destination);
        var inARow = failures.Add();
        if (inARow == 1)
        {
            Interlocked.Increment(ref _failing);
        }

        if (inARow < FailuresInARow || destination.Health.Passive == DestinationHealth.Unhealthy)
        {
            return;
        }

        var period = cluster.Model.Config.HealthCheck?.Passive?.ReactivationPeriod ?? DefaultReactivation;
        Set(cluster, destination, DestinationHealth.Unhealthy);
        _ejections.Add(1, new("cluster", cluster.ClusterId), new("destination", PodDestination.NameOf(destination.DestinationId)));
        _ = ReactivateAsync(cluster, destination, period);
        if (!failures.IsTold)
        {
            failures.IsTold = true;
            Log.LeftOut(
                _logger,
                cluster.ClusterId,
                destination.DestinationId,
                RequestFailures.WhyNotConnected(failed),
                inARow,
                LogText.Value(LogText.DetailOf(failed)),
                period);
        }
    }

    private async Task ReactivateAsync(ClusterState cluster, DestinationState destination, TimeSpan period)
    {
        await Task.Delay(period, time);
        if (destination.Health.Passive == DestinationHealth.Unhealthy)
        {
            Set(cluster, destination, DestinationHealth.Unknown);
        }
    }

    private void Set(ClusterState cluster, DestinationState destination, DestinationHealth health)
    {
        destination.Health.Passive = health;
        updater.UpdateAvailableDestinations(cluster);
    }

    private sealed class Failures
    {
        private int _count;

        /// <summary>Whether the failures were logged.</summary>
        public bool IsTold { get; set; }

        public int Add() => Interlocked.Increment(ref _count);

        public int Reset() => Interlocked.Exchange(ref _count, 0);
    }

    private static partial class Log
    {
        [LoggerMessage(
            3010,
            LogLevel.Warning,
            "Cluster {Cluster}: connects to HTTP destination {Destination} fail ({Why}, {Failures} in a row, {Detail}). It is left out "
                + "for {Time} each time",
            EventName = "HttpDestinationLeftOut"
        )]
        public static partial void LeftOut(
            ILogger logger,
            string cluster,
            string destination,
            string? why,
            int failures,
            string detail,
            TimeSpan time);

        [LoggerMessage(
            3011,
            LogLevel.Information,
            "Cluster {Cluster}: HTTP destination {Destination} takes connections again",
            EventName = "HttpDestinationBack"
        )]
        public static partial void Again(ILogger logger, string cluster, string destination);
    }
}
