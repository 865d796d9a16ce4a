using System.Diagnostics.Metrics;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace Gateway.Tests.Tcp.Dialing;

/// <summary>What a dialer counts.</summary>
internal sealed class DialMeasurements : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MetricCollector<double> _durations;
    private readonly MetricCollector<long> _retries;
    private readonly MetricCollector<long>[] _sources;

    public DialMeasurements()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        Metrics = new DialMetrics(meters);
        _durations = new(meters, TcpMeter.Name, "gateway.destination.connect.duration");
        _retries = new(meters, TcpMeter.Name, "gateway.destination.connect.retries");
        _sources = [new(meters, TcpMeter.Name, "gateway.transparent.connect"), new(meters, TcpMeter.Name, "gateway.toa.connect")];
    }

    /// <summary>What it counts with.</summary>
    public DialMetrics Metrics { get; }

    public int Retries => _retries.GetMeasurementSnapshot().Count;

    /// <summary>Dials in which a client's address could not be the source.</summary>
    public int Unusable => FromClients.Count(static error => error == "source_unusable");

    /// <summary>Attempts that asked a destination: the errors; null: it was reached.</summary>
    public IEnumerable<string?> Asked =>
        _durations.GetMeasurementSnapshot().Select(static one => (string?)one.Tags.GetValueOrDefault("error.type"));

    /// <summary>Attempts from a client's address, or with it in an option: the errors.</summary>
    public IEnumerable<string?> FromClients =>
        _sources
            .SelectMany(static source => source.GetMeasurementSnapshot())
            .Select(static one => (string?)one.Tags.GetValueOrDefault("error.type"));

    public void Dispose()
    {
        _durations.Dispose();
        _retries.Dispose();
        Array.ForEach(_sources, static source => source.Dispose());
        _services.Dispose();
    }
}
