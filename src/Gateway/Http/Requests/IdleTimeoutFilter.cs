using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Http.Requests;

/// <summary>
/// Gives requests the idle timeout of TCP routes if the file sets none: the longest time without a byte in either direction. YARP's default
/// of 100 s cuts slow uploads, long polls, idle WebSockets and gRPC streams. Without a limit, an upload that the destination does not read
/// would stay for ever. A cluster's <c>HttpRequest:ActivityTimeout</c> in the file is kept.
/// </summary>
internal sealed class IdleTimeoutFilter : IProxyConfigFilter
{
    /// <summary>The default of <see cref="Tcp.Configuration.TcpRouteConfig.IdleTimeout"/>.</summary>
    internal static readonly TimeSpan IdleTimeout = new Tcp.Configuration.TcpRouteConfig().IdleTimeout;

    /// <summary>The idle timeout that is in force for a cluster of the file.</summary>
    public static TimeSpan Of(ClusterConfig cluster) => cluster.HttpRequest?.ActivityTimeout ?? IdleTimeout;

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) =>
        new(cluster.HttpRequest?.ActivityTimeout is null
            ? cluster with { HttpRequest = (cluster.HttpRequest ?? ForwarderRequestConfig.Empty) with { ActivityTimeout = IdleTimeout } }
            : cluster);

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(route);
}
