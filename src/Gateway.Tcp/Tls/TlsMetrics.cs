using System.Diagnostics.Metrics;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Tls;

/// <summary>The instruments of handshakes with clients, for Tls and Https listeners.</summary>
public sealed class TlsMetrics
{
    private static readonly string[] Results =
        ["full", "resumed", "unrecognized_name", "client_certificate", "timeout", "closed", "failed"];

    private readonly Counter<long> _handshakes;
    private readonly Histogram<double> _duration;

    /// <summary>Creates the instruments. Called once in a process.</summary>
    /// <param name="meters">The factory.</param>
    public TlsMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(TcpMeter.Name);
        _handshakes = meter.CreateCounter<long>("gateway.tls.handshakes", "{handshake}", "TLS handshakes with clients, by result.");
        _duration = meter.CreateHistogram(
            "gateway.tls.handshake.duration", "s", "Time of successful TLS handshakes with clients.", null, TcpMeter.ShortDurations);
    }

    /// <summary>The label of a result.</summary>
    public static string LabelOf(TlsResult result) => Results[(int)result];

    /// <summary>Adds the series of a listener that ends TLS with the value zero, before the first handshake.</summary>
    public void StartAtZero(string listener)
    {
        foreach (var result in Results)
        {
            _handshakes.Add(0, TcpMeter.Tag("listener", listener), TcpMeter.Tag("result", result));
        }
    }

    /// <summary>Counts a handshake that has ended.</summary>
    public void Ended(string listener, TlsResult result, TimeSpan duration)
    {
        _handshakes.Add(1, TcpMeter.Tag("listener", listener), TcpMeter.Tag("result", LabelOf(result)));
        if (result is TlsResult.Full or TlsResult.Resumed)
        {
            _duration.Record(duration.TotalSeconds, TcpMeter.Tag("listener", listener));
        }
    }
}
