using Gateway.Configuration;
using Gateway.Observability;
using Gateway.Tcp.Dialing;

namespace Gateway.Http.Backends.Clients;

/// <summary>The metrics of dials to HTTP destinations, which the dialer counts as those of TCP clusters.</summary>
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
