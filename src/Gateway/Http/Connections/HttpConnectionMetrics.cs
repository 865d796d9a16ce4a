using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Observability;
using Gateway.Tcp.Identification;

namespace Gateway.Http.Connections;

/// <summary>
/// What HTTP listeners count before HTTP starts, in the same instruments as TCP listeners: one factory gives one instrument to all who ask for
/// the same name, unit and description.
/// </summary>
internal sealed class HttpConnectionMetrics(IMeterFactory meters) : IStartsAtZero
{
    private static readonly string[] Reasons = ["limit", "draining", "resources", "proxy_protocol", "toa"];
    private static readonly string[] ToaResults = ["client", "absent_allowed", "absent_rejected", "conflict"];

    private readonly ProxyProtocolMetrics _headers = new(meters);
    private readonly Counter<long> _rejected = meters.Create("Gateway.Tcp")
        .CreateCounter<long>("gateway.tcp.connection.rejected", "{connection}", "Connections that ended before they were routed, by reason.");
    private readonly Counter<long> _healthChecks = meters.Create("Gateway.Tcp")
        .CreateCounter<long>("gateway.tcp.health_checks", "{connection}", "Connections that closed without a byte.");

    private readonly Counter<long> _toaReceived = meters.Create("Gateway.Tcp")
        .CreateCounter<long>("gateway.toa.received", "{connection}", "Connections of trusted peers whose TCP options were looked at, by result.");

    /// <inheritdoc/>
    public void StartAtZero(GatewayConfig config)
    {
        foreach (var (name, listener) in config.Listeners.Where(static entry => entry.Value.Protocol == ListenerProtocol.Http))
        {
            StartAtZero(name, Reasons, listener.ProxyProtocol is not null);
            foreach (var result in listener.Toa is null ? [] : ToaResults)
            {
                _toaReceived.Add(0, new("listener", name), new("result", result));
            }
        }

        // These know no limit and no drain.
        if (config.Probes is { } probes)
        {
            StartAtZero("Probes", ["proxy_protocol"], probes.ProxyProtocol is not null);
        }

        if (config.Admin is not null)
        {
            StartAtZero("Admin", ["proxy_protocol"], looksAtHeaders: false);
        }
    }

    /// <summary>The TCP options of a trusted peer were looked at.</summary>
    public void ToaReceived(string listener, string result) => _toaReceived.Add(1, new("listener", listener), new("result", result));

    /// <summary>An identification has ended.</summary>
    public void Concluded(string listener, in IdentificationStep step, TimeSpan elapsed) => _headers.Concluded(listener, step, elapsed);

    /// <summary>A connection was turned away.</summary>
    public void Rejected(string listener, string reason) => _rejected.Add(1, new("listener", listener), new("reason", reason));

    /// <summary>A connection was closed without a byte.</summary>
    public void HealthCheck(string listener) => _healthChecks.Add(1, new KeyValuePair<string, object?>("listener", listener));

    private void StartAtZero(string listener, IReadOnlyList<string> reasons, bool looksAtHeaders)
    {
        foreach (var reason in reasons)
        {
            _rejected.Add(0, new("listener", listener), new("reason", reason));
        }

        _healthChecks.Add(0, new KeyValuePair<string, object?>("listener", listener));
        if (looksAtHeaders)
        {
            _headers.StartAtZero(listener);
        }
    }
}
