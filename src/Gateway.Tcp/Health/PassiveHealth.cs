using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Health;

/// <summary>
/// Leaves destinations out whose connects fail, so that a dead one of several costs a client now and then its ConnectTimeout, and not every
/// second one. Asks nobody: it sees what clients' connections come to. What it knows is in each destination's state
/// (<see cref="PassiveState"/>).
/// <para>
/// Left out means last: where no other destination takes a connection, those are tried too. So even if all of a cluster's destinations are
/// left out, nobody is refused for it.
/// </para>
/// </summary>
internal sealed partial class PassiveHealth
{
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Counter<long> _ejections;
    private volatile ClusterModel[] _watched = [];

    public PassiveHealth(IMeterFactory meters, ILoggerFactory loggers, TimeProvider time)
    {
        _logger = loggers.CreateLogger<PassiveHealth>();
        _time = time;
        var meter = meters.Create(TcpMeter.Name);
        _ejections = HealthMetrics.CreateEjections(meter);
        meter.CreateObservableGauge(
            "gateway.destination.failing",
            () => _watched.SelectMany(static cluster => cluster.Destinations.Select(destination => new Measurement<int>(
                destination.State.Passive.IsFailing ? 1 : 0,
                TcpMeter.Tag("cluster", cluster.Name),
                TcpMeter.Tag("destination", destination.Name)))),
            description: "1 while clients' connects to a destination fail, 0 while they succeed or nobody has tried.");
    }

    private TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>Watches the clusters of the model in force.</summary>
    public void Follow(TcpModel model)
    {
        _watched = [.. model.Clusters.Values.Where(static cluster => cluster.Passive is not null)];
        var others = model.Clusters.Values.Except(_watched);
        foreach (var destination in others.SelectMany(static cluster => cluster.Destinations))
        {
            destination.State.Passive.Forget();
        }

        foreach (var cluster in _watched)
        {
            foreach (var destination in cluster.Destinations)
            {
                _ejections.Add(0, TcpMeter.Tag("cluster", cluster.Name), TcpMeter.Tag("destination", destination.Name));
            }
        }
    }

    /// <summary>Whether it is a destination's turn.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">One of its destinations.</param>
    /// <param name="isTrial">Whether it is for this connection to find out if it answers again; what came of it must be said.</param>
    public bool HasTurn(ClusterModel cluster, DestinationModel destination, out bool isTrial)
    {
        isTrial = false;
        if (cluster.Passive is not { } rules || !destination.State.Passive.IsLeftOut)
        {
            return true;
        }

        isTrial = destination.State.Passive.TryBeginTrial(Now, rules.EjectionTime + cluster.ConnectTimeout);
        return isTrial;
    }

    /// <summary>A trial ended without a verdict: its client left, or the failure was ours.</summary>
    public void AbandonTrial(DestinationModel destination) => destination.State.Passive.AbandonTrial(Now);

    /// <summary>A destination took a connection.</summary>
    public void Reached(ClusterModel cluster, DestinationModel destination, bool isTrial)
    {
        if (cluster.Passive is not null && destination.State.Passive.Reached(Now, isTrial))
        {
            Log.Again(_logger, cluster.Name, destination.Name);
        }
    }

    /// <summary>A destination did not take a connection, by whatever address it was tried. Failures of our own are not told here.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">One of its destinations.</param>
    /// <param name="isTrial">Whether it was the trial.</param>
    /// <param name="why">In a word or two.</param>
    /// <param name="source">The client's address, if the connect came from it; null: from ours.</param>
    public void Failed(ClusterModel cluster, DestinationModel destination, bool isTrial, string why, IPAddress? source = null)
    {
        destination.State.Failed(why);
        if (cluster.Passive is not { } rules)
        {
            return;
        }

        var (hasBegun, failures) = destination.State.Passive.Failed(rules, Now, isTrial, source);
        if (!hasBegun)
        {
            return;
        }

        var leftOut = cluster.Destinations.Count(static one => one.State.Passive.IsLeftOut);
        if (cluster.Destinations.Count == 1 || !rules.AllowsAnother(cluster.Destinations.Count, leftOut))
        {
            Log.Failing(_logger, cluster.Name, destination.Name, why, failures, destination.Address);
            return;
        }

        destination.State.Passive.LeaveOut();
        _ejections.Add(1, TcpMeter.Tag("cluster", cluster.Name), TcpMeter.Tag("destination", destination.Name));
        Log.LeftOut(_logger, cluster.Name, destination.Name, why, failures, destination.Address, rules.EjectionTime);
    }

    /// <summary>
    /// The answer to a name was too late for a connection that found another destination. That there is none must be known all the same.
    /// </summary>
    public async Task NoteLateAsync(ClusterModel cluster, DestinationModel destination, Task<IPEndPoint[]> answer)
    {
        if ((await answer).Length == 0)
        {
            Failed(cluster, destination, isTrial: false, NoAddress);
        }
    }

    /// <summary>What the log calls a destination whose name has no address.</summary>
    public const string NoAddress = "no address";

    private static partial class Log
    {
        [LoggerMessage(
            2033,
            LogLevel.Warning,
            "Cluster {Cluster}: connects to destination {Destination} fail ({Why}, {Failures} in a row, {Address}). "
                + "It gets connections only where no other destination takes them; every {Time} one tries it"
        )]
        public static partial void LeftOut(
            ILogger logger,
            string cluster,
            string destination,
            string why,
            int failures,
            string address,
            TimeSpan time);

        [LoggerMessage(
            2034,
            LogLevel.Warning,
            "Cluster {Cluster}: connects to destination {Destination} fail ({Why}, {Failures} in a row, {Address})"
        )]
        public static partial void Failing(ILogger logger, string cluster, string destination, string why, int failures, string address);

        [LoggerMessage(2035, LogLevel.Information, "Cluster {Cluster}: destination {Destination} takes connections again")]
        public static partial void Again(ILogger logger, string cluster, string destination);
    }
}
