using System.Diagnostics.Metrics;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// What is counted of connections before they are routed or speak HTTP, on both planes: those that end there, by reason, and what their
/// PROXY headers and TCP options said. A check that connects and closes counts in health_checks alone.
/// </summary>
public sealed class PrologueMetrics
{
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _healthChecks;
    private readonly Counter<long> _toaReceived;

    /// <summary>Makes the instruments; once for a process.</summary>
    /// <param name="meters">The factory.</param>
    public PrologueMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(TcpMeter.Name);
        _rejected = meter.CreateCounter<long>(
            "gateway.tcp.connection.rejected", "{connection}", "Connections that ended before they were routed, by reason.");
        _healthChecks = meter.CreateCounter<long>("gateway.tcp.health_checks", "{connection}", "Connections that closed without a byte.");
        _toaReceived = meter.CreateCounter<long>(
            "gateway.toa.received", "{connection}", "Connections of trusted peers whose TCP options were looked at, by result.");
        Headers = new ProxyProtocolMetrics(meter);
    }

    internal ProxyProtocolMetrics Headers { get; }

    /// <summary>The series of a listener, at zero before anything is counted.</summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="series">Which reasons its connections can be rejected for.</param>
    /// <param name="looksAtHeaders">Whether it has a <c>ProxyProtocol</c> section.</param>
    /// <param name="looksAtOptions">Whether it has a <c>Toa</c> section.</param>
    public void StartAtZero(string listener, ReasonSeries series, bool looksAtHeaders, bool looksAtOptions)
    {
        _healthChecks.Add(0, TcpMeter.Tag("listener", listener));
        foreach (var reason in CloseReasons.In(series))
        {
            _rejected.Add(0, TcpMeter.Tag("listener", listener), TcpMeter.Tag("reason", reason.Label()));
        }

        if (looksAtHeaders)
        {
            Headers.StartAtZero(listener);
        }

        foreach (var result in looksAtOptions ? ToaResults.All : [])
        {
            _toaReceived.Add(0, TcpMeter.Tag("listener", listener), TcpMeter.Tag("result", result));
        }
    }

    /// <summary>A connection has ended before it was routed.</summary>
    public void Ended(string listener, CloseReason reason)
    {
        if (reason == CloseReason.HealthCheck)
        {
            HealthCheck(listener);
        }
        else if (CloseReasons.Row(reason).Series != ReasonSeries.None)
        {
            _rejected.Add(1, TcpMeter.Tag("listener", listener), TcpMeter.Tag("reason", reason.Label()));
        }
    }

    /// <summary>A connection was a check that closed without a byte.</summary>
    internal void HealthCheck(string listener) => _healthChecks.Add(1, TcpMeter.Tag("listener", listener));

    /// <summary>The TCP options of a trusted peer were looked at.</summary>
    internal void ToaReceived(string listener, string result) =>
        _toaReceived.Add(1, TcpMeter.Tag("listener", listener), TcpMeter.Tag("result", result));
}
