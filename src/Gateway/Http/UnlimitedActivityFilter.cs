using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Http;

/// <summary>
/// Lifts YARP's default activity timeout of 100 s where the file sets none: it cuts slow uploads, idle WebSockets and gRPC streams. A dead
/// destination is found by TCP keep-alive, and the client's own patience ends the rest. <c>HttpRequest:ActivityTimeout</c> on a cluster stands.
/// </summary>
internal sealed class UnlimitedActivityFilter : IProxyConfigFilter
{
    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) =>
        new(cluster.HttpRequest?.ActivityTimeout is null
            ? cluster with { HttpRequest = (cluster.HttpRequest ?? ForwarderRequestConfig.Empty) with { ActivityTimeout = Timeout.InfiniteTimeSpan } }
            : cluster);

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(route);
}
