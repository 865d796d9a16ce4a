using System.Diagnostics.Metrics;
using Gateway.Tcp.Diagnostics;
using Gateway.Tcp.Identification;

namespace Gateway.Http;

/// <summary>
/// What HTTP listeners count before HTTP starts, in the same instruments as TCP listeners: one factory gives one instrument to all who ask for
/// the same name, unit and description.
/// </summary>
internal sealed class HttpConnectionMetrics(IMeterFactory meters)
{
    private readonly ProxyProtocolMetrics _headers = new(meters);
    private readonly Counter<long> _rejected = meters.Create("Gateway.Tcp")
        .CreateCounter<long>("gateway.tcp.connection.rejected", "{connection}", "Connections that ended before they were routed, by reason.");
    private readonly Counter<long> _healthChecks = meters.Create("Gateway.Tcp")
        .CreateCounter<long>("gateway.tcp.health_checks", "{connection}", "Connections that closed without a byte.");

    private readonly Counter<long> _toaReceived = meters.Create("Gateway.Tcp")
        .CreateCounter<long>("gateway.toa.received", "{connection}", "Connections of trusted peers whose TCP options were looked at, by result.");

    /// <summary>The TCP options of a trusted peer were looked at.</summary>
    public void ToaReceived(string listener, string result) => _toaReceived.Add(1, new("listener", listener), new("result", result));

    /// <summary>An identification has ended.</summary>
    public void Concluded(string listener, in IdentificationStep step, TimeSpan elapsed) => _headers.Concluded(listener, step, elapsed);

    /// <summary>A connection was turned away.</summary>
    public void Rejected(string listener, string reason) => _rejected.Add(1, new("listener", listener), new("reason", reason));

    /// <summary>A connection was closed without a byte.</summary>
    public void HealthCheck(string listener) => _healthChecks.Add(1, new KeyValuePair<string, object?>("listener", listener));
}
