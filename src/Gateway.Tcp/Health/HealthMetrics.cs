using System.Diagnostics.Metrics;
using Gateway.Tcp.Diagnostics;

namespace Gateway.Tcp.Health;

/// <summary>The instruments of health checks.</summary>
internal sealed class HealthMetrics
{
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _ejections;

    public HealthMetrics(IMeterFactory meters, Func<IEnumerable<DestinationChecker>> checkers)
    {
        var meter = meters.Create(TcpMetrics.MeterName);
        _duration = meter.CreateHistogram("gateway.destination.health_check.duration", "s", "Health checks.", null, TcpMetrics.ShortDurations);
        _ejections = meter.CreateCounter<long>("gateway.destination.ejections", "{ejection}", "Times that a destination was left out.");
        meter.CreateObservableGauge(
            "gateway.destination.healthy",
            () => checkers().Select(static checker => new Measurement<int>(checker.Health.IsHealthy ? 1 : 0, Tag("cluster", checker.Cluster), Tag("destination", checker.Destination))),
            description: "1 if a checked destination gets new connections, 0 if it is left out.");
    }

    public void Checked(string cluster, string destination, bool isGood, TimeSpan duration) =>
        _duration.Record(duration.TotalSeconds, Tag("cluster", cluster), Tag("destination", destination), Tag("result", isGood ? "succeeded" : "failed"));

    /// <summary>The series of a destination that is watched from now on.</summary>
    public void StartAtZero(string cluster, string destination) => _ejections.Add(0, Tag("cluster", cluster), Tag("destination", destination));

    public void Ejected(string cluster, string destination) => _ejections.Add(1, Tag("cluster", cluster), Tag("destination", destination));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
