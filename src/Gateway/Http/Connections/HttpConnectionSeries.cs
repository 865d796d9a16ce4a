using Gateway.Configuration;
using Gateway.Observability;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;

namespace Gateway.Http.Connections;

/// <summary>Starts at zero the counters of what happens before HTTP starts, for HTTP listeners, Probes and Admin.</summary>
internal sealed class HttpConnectionSeries(PrologueMetrics metrics, TlsMetrics tls) : IStartsAtZero
{
    /// <inheritdoc/>
    public void StartAtZero(GatewayConfig config)
    {
        foreach (var (name, listener) in config.Listeners.Where(static entry => entry.Value.IsHttp))
        {
            metrics.StartAtZero(name, ReasonSeries.RejectedHttp, listener.ProxyProtocol?.Enforcement, listener.Toa is not null);
            if (listener.EndsTls)
            {
                tls.StartAtZero(name);
            }
        }

        if (config.Probes is { } probes)
        {
            metrics.StartAtZero("Probes", ReasonSeries.RejectedOwn, probes.ProxyProtocol?.Enforcement, looksAtOptions: false);
        }

        if (config.Admin is not null)
        {
            metrics.StartAtZero("Admin", ReasonSeries.RejectedOwn, headers: null, looksAtOptions: false);
        }
    }
}
