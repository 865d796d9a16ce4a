using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Http.Requests;

/// <summary>
/// Gives requests the idle timeout of TCP routes where the file sets none: YARP's own default of 100 s cuts slow uploads, long polls, idle
/// WebSockets and gRPC streams, and no limit at all lets an upload that nobody takes stay for ever. It is a time without a byte either way.
/// <c>HttpRequest:ActivityTimeout</c> on a cluster stands.
/// </summary>
internal sealed class IdleTimeoutFilter : IProxyConfigFilter
{
    /// <summary>As <see cref="Tcp.Configuration.TcpRouteConfig.IdleTimeout"/>.</summary>
    internal static readonly TimeSpan IdleTimeout = new Tcp.Configuration.TcpRouteConfig().IdleTimeout;

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) =>
        new(cluster.HttpRequest?.ActivityTimeout is null
            ? cluster with { HttpRequest = (cluster.HttpRequest ?? ForwarderRequestConfig.Empty) with { ActivityTimeout = IdleTimeout } }
            : cluster);

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(route);
}
