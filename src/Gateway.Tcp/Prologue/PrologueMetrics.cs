using System.Diagnostics.Metrics;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// The instruments for connections that are not routed yet and have not reached the HTTP server, for TCP and HTTP: connections that end in
/// this phase, by reason, and the results of PROXY headers and TCP options. A check that connects and closes counts in health_checks and
/// not in rejected.
/// </summary>
public sealed class PrologueMetrics
{
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _healthChecks;
    private readonly Counter<long> _toaReceived;

    /// <summary>Creates the instruments. Called once in a process.</summary>
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

    /// <summary>Adds the series of a listener with the value zero, before anything is counted.</summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="series">The reasons for which the listener's connections can be rejected.</param>
    /// <param name="headers">
    /// The enforcement of the listener's <c>ProxyProtocol</c> section; null: the listener has no such section.
    /// </param>
    /// <param name="looksAtOptions">Whether the listener has a <c>Toa</c> section.</param>
    public void StartAtZero(string listener, ReasonSeries series, ProxyProtocolEnforcement? headers, bool looksAtOptions)
    {
        _healthChecks.Add(0, TcpMeter.Tag("listener", listener));
        foreach (var reason in CloseReasons.In(series))
        {
            _rejected.Add(0, TcpMeter.Tag("listener", listener), TcpMeter.Tag("reason", reason.Label()));
        }

        if (headers is { } enforcement)
        {
            Headers.StartAtZero(listener, enforcement);
        }

        foreach (var result in looksAtOptions ? ToaResults.All : [])
        {
            _toaReceived.Add(0, TcpMeter.Tag("listener", listener), TcpMeter.Tag("result", result));
        }
    }

    /// <summary>Counts a connection that ended before it was routed.</summary>
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

    /// <summary>Counts a check that closed without a byte.</summary>
    internal void HealthCheck(string listener) => _healthChecks.Add(1, TcpMeter.Tag("listener", listener));

    /// <summary>Counts a look at the TCP options of a trusted peer.</summary>
    internal void ToaReceived(string listener, string result) =>
        _toaReceived.Add(1, TcpMeter.Tag("listener", listener), TcpMeter.Tag("result", result));
}
