using Gateway.Configuration.Reading;
using Gateway.Http.Backends.Clients;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Checks the socket options of listeners and of clusters, TCP and HTTP (<see cref="ClusterSockets"/>).</summary>
internal sealed class SocketTopic : IConfigTopic
{
    // The kernel's own least value is of this size (SOCK_MIN_SNDBUF). The upper end is far above net.core.wmem_max of any host, which caps
    // the value; it keeps the doubled value within an int.
    private const int LeastBuffer = 4096;
    private const int MostBuffer = 1024 * 1024 * 1024;
    private const int MostDscp = 63;
    private const string Forwarded = "Mode is Dnat: the kernel forwards the client's packets, and no socket of ours is between";

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        var tcp = context.Config.TcpProxy;
        foreach (var (name, listener) in context.Config.Listeners)
        {
            Check(context, $"Listeners:{name}:Socket:", listener.Socket);
            if (OnlyForwards(tcp, route => name.Equals(route.Listener, StringComparison.OrdinalIgnoreCase)))
            {
                RefuseAll(context, $"Listeners:{name}:Socket");
                context.NotApplicable($"Listeners:{name}:KeepAlive", Forwarded, "UserTimeout");
            }
        }

        foreach (var (name, cluster) in tcp.Clusters)
        {
            Check(context, $"TcpProxy:Clusters:{name}:Socket:", cluster.Socket);
            if (OnlyForwards(tcp, route => name.Equals(route.ClusterId, StringComparison.OrdinalIgnoreCase)))
            {
                RefuseAll(context, $"TcpProxy:Clusters:{name}:Socket");
            }
        }

        CheckHttp(context);
    }

    private static void CheckHttp(ValidationContext context)
    {
        foreach (var cluster in context.Config.ReverseProxy.Clusters)
        {
            var metadata = $"ReverseProxy:Clusters:{cluster.ClusterId}:Metadata";
            var wrong = 0;
            var sockets = ClusterSockets.Read(cluster.Metadata, (key, value, rule) =>
            {
                wrong++;
                context.Issues.Error(KeyPath.Join(metadata, key), ConfigIssue.Quote(value), rule);
            });
            if (wrong == 0)
            {
                Check(context, $"{metadata}:{ClusterSockets.SocketPrefix}", sockets.Socket);
                ListenersTopic.CheckKeepAlive(context, $"{metadata}:{ClusterSockets.KeepAlivePrefix}", sockets.KeepAlive);
            }
        }
    }

    private static void RefuseAll(ValidationContext context, string path) =>
        context.NotApplicable(path, Forwarded, "SendBufferBytes", "ReceiveBufferBytes", "Dscp");

    // With another Fallback than Reject, the gateway itself carries what the kernel cannot forward.
    private static bool OnlyForwards(TcpProxyConfig tcp, Func<TcpRouteConfig, bool> isMeant)
    {
        var routes = tcp.Routes.Values.Where(isMeant).ToList();
        return routes.Count > 0 && routes.All(route =>
            (route.SourceIp ?? tcp.Clusters.GetValueOrDefault(route.ClusterId ?? "")?.SourceIp)
                is { Mode: SourceIpMode.Dnat, Fallback: SourceIpFallback.Reject });
    }

    private static void Check(ValidationContext context, string prefix, SocketConfig socket)
    {
        if (socket.SendBufferBytes is { } send)
        {
            Range.Check(context, $"{prefix}SendBufferBytes", send, LeastBuffer, MostBuffer);
        }

        if (socket.ReceiveBufferBytes is { } receive)
        {
            Range.Check(context, $"{prefix}ReceiveBufferBytes", receive, LeastBuffer, MostBuffer);
        }

        if (socket.Dscp is { } dscp)
        {
            Range.Check(context, $"{prefix}Dscp", dscp, 0, MostDscp);
        }
    }
}
