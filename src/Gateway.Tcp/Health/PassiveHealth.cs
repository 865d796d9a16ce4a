using System.Diagnostics.Metrics;
using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Health;

/// <summary>
/// Leaves out destinations whose connects fail. So a dead destination among several costs a client its ConnectTimeout only now and then,
/// and not at every second connection. Makes no connects of its own: it counts how clients' connects end. The counts are in each
/// destination's state (<see cref="PassiveState"/>).
/// <para>
/// Left out means tried last: if no other destination takes a connection, the dialer tries these destinations too. So no client is refused
/// even if all destinations of a cluster are left out.
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
            () => Measure(static state => state.IsFailing),
            description: "1 while clients' connects to a destination fail, 0 while they succeed or nobody has tried.");
        meter.CreateObservableGauge(
            "gateway.destination.ejected",
            () => Measure(static state => state.IsLeftOut),
            description: "1 while a destination gets connections only where no other destination takes them, because connects fail.");
    }

    private IEnumerable<Measurement<int>> Measure(Func<PassiveState, bool> holds) => _watched.SelectMany(
        cluster => cluster.Destinations.Select(destination => new Measurement<int>(
            holds(destination.State.Passive) ? 1 : 0,
            TcpMeter.Tag("cluster", cluster.Name),
            TcpMeter.Tag("destination", destination.Name))));

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

    /// <summary>Whether a dial tries a destination in its normal order.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">One of its destinations.</param>
    /// <param name="isTrial">
    /// Whether this connection is the trial, which finds out if the destination answers again. The caller must report the result.
    /// </param>
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

    /// <summary>Ends a trial without a result: the client left, or the failure was the gateway's.</summary>
    public void AbandonTrial(DestinationModel destination) => destination.State.Passive.AbandonTrial(Now);

    /// <summary>Notes that a destination took a connection.</summary>
    public void Reached(ClusterModel cluster, DestinationModel destination, bool isTrial)
    {
        if (cluster.Passive is not null && destination.State.Passive.Reached(Now, isTrial))
        {
            Log.Again(_logger, cluster.Name, destination.Name);
        }
    }

    /// <summary>Notes that a destination took a connection at none of its addresses. Not called for failures of the gateway.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">One of its destinations.</param>
    /// <param name="isTrial">Whether this connection was the trial.</param>
    /// <param name="why">The cause, in a word or two.</param>
    /// <param name="source">The client's address, if the connect came from this address; null: it came from our own address.</param>
    public void Failed(ClusterModel cluster, DestinationModel destination, bool isTrial, string why, IPAddress? source = null)
    {
        destination.State.Failed(why);
        if (cluster.Passive is not { } rules)
        {
            return;
        }

        var (hasBegun, failures) = destination.State.Passive.Failed(rules, Now, isTrial, source);
        if (hasBegun)
        {
            LeaveOut(cluster, destination, rules, why, failures);
        }
    }

    // Leaves a failing destination out, if the share of those that may be left out allows it.
    private void LeaveOut(ClusterModel cluster, DestinationModel destination, PassiveRules rules, string why, int failures)
    {
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
    /// Waits for the answer for a name that came too late for a dial, which has reached another destination. If the name has no address,
    /// this counts as a failure nevertheless.
    /// </summary>
    public async Task NoteLateAsync(ClusterModel cluster, DestinationModel destination, Task<IPEndPoint[]> answer)
    {
        if ((await answer).Length == 0)
        {
            Failed(cluster, destination, isTrial: false, NoAddress);
        }
    }

    /// <summary>The cause in the log for a destination whose name has no address.</summary>
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
