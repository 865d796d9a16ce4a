using System.Diagnostics.Metrics;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Health;

/// <summary>The instruments of health checks.</summary>
internal sealed class HealthMetrics
{
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _ejections;

    public HealthMetrics(IMeterFactory meters, Func<IEnumerable<DestinationChecker>> checkers, CheckRoom room)
    {
        var meter = meters.Create(TcpMeter.Name);
        _duration = meter.CreateHistogram(
            "gateway.destination.health_check.duration",
            "s",
            "Health checks.",
            null,
            TcpMeter.ShortDurations);
        _ejections = CreateEjections(meter);
        meter.CreateObservableGauge(
            "gateway.health_checks.active",
            () => room.UnderWay,
            "{check}",
            "Health checks of TCP destinations that are under way.");
        meter.CreateObservableGauge(
            "gateway.health_checks.waiting",
            () => room.Waiting,
            "{check}",
            "Health checks of TCP destinations that wait for others to end.");
        meter.CreateObservableGauge(
            "gateway.destination.healthy",
            () =>
                checkers()
                    .Select(static checker => new Measurement<int>(
                        checker.Health.IsHealthy ? 1 : 0,
                        TcpMeter.Tag("cluster", checker.Cluster),
                        TcpMeter.Tag("destination", checker.Destination))),
            description: "1 if a checked destination gets new connections, 0 if it is left out.");
    }

    /// <summary>The counter that active and passive checks share: a meter returns the same counter when it is created again.</summary>
    public static Counter<long> CreateEjections(Meter meter) => EjectionCounter.Create(meter);

    public void Checked(string cluster, string destination, bool isGood, TimeSpan duration) =>
        _duration.Record(
            duration.TotalSeconds,
            TcpMeter.Tag("cluster", cluster),
            TcpMeter.Tag("destination", destination),
            TcpMeter.Tag("result", isGood ? "succeeded" : "failed"));

    /// <summary>Creates the series of a destination that is watched from now on, at zero.</summary>
    public void StartAtZero(string cluster, string destination) =>
        _ejections.Add(0, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));

    public void Ejected(string cluster, string destination) =>
        _ejections.Add(1, TcpMeter.Tag("cluster", cluster), TcpMeter.Tag("destination", destination));
}
