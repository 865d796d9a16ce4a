using System.Diagnostics.Metrics;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Tls;

/// <summary>The instruments of handshakes with clients, for Tls and Https listeners.</summary>
public sealed class TlsMetrics
{
    private static readonly string[] Results =
        ["full", "resumed", "unrecognized_name", "client_certificate", "timeout", "closed", "failed"];

    // The names of TlsSession.Version. Older versions cannot be configured.
    private static readonly string[] Versions = ["TLSv1.2", "TLSv1.3"];

    private readonly Counter<long> _handshakes;
    private readonly Counter<long> _versions;
    private readonly Histogram<double> _duration;

    /// <summary>Creates the instruments. Called once in a process.</summary>
    /// <param name="meters">The factory.</param>
    public TlsMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(TcpMeter.Name);
        _handshakes = meter.CreateCounter<long>("gateway.tls.handshakes", "{handshake}", "TLS handshakes with clients, by result.");
        _versions = meter.CreateCounter<long>(
            "gateway.tls.handshake.versions", "{handshake}", "TLS handshakes with clients that succeeded, by version.");
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

        foreach (var version in Versions)
        {
            _versions.Add(0, TcpMeter.Tag("listener", listener), TcpMeter.Tag("version", version));
        }
    }

    /// <summary>Counts a handshake that has ended.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="version">The version of the session, as in <c>TlsSession.Version</c>; null: there is no session.</param>
    public void Ended(string listener, TlsResult result, TimeSpan duration, string? version)
    {
        _handshakes.Add(1, TcpMeter.Tag("listener", listener), TcpMeter.Tag("result", LabelOf(result)));
        if (result is TlsResult.Full or TlsResult.Resumed)
        {
            _duration.Record(duration.TotalSeconds, TcpMeter.Tag("listener", listener));
            _versions.Add(1, TcpMeter.Tag("listener", listener), TcpMeter.Tag("version", version ?? ""));
        }
    }
}
