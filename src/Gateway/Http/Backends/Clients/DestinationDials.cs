using Gateway.Configuration;
using Gateway.Observability;
using Gateway.Tcp.Dialing;

namespace Gateway.Http.Backends.Clients;

/// <summary>Starts the metrics of dials to HTTP destinations at zero. The dialer counts these dials like those of TCP clusters.</summary>
internal sealed class DestinationDials(SocketDialer dialer) : IStartsAtZero
{
    /// <inheritdoc/>
    public void StartAtZero(GatewayConfig config)
    {
        foreach (var cluster in config.ReverseProxy.Clusters)
        {
            foreach (var destination in cluster.Destinations?.Keys ?? [])
            {
                dialer.StartAtZero(cluster.ClusterId, destination);
            }
        }
    }
}
