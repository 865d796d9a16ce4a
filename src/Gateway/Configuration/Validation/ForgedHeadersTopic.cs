using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Warns of routes on which clients can send forged PROXY headers to a backend that trusts them. A listener without a <c>ProxyProtocol</c>
/// section passes on all bytes, as every TCP proxy does. This is a risk only if the backend reads PROXY headers, which shows when another
/// route sends such headers to the same cluster.
/// </summary>
internal sealed class ForgedHeadersTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        var tcp = context.Config.TcpProxy;
        var readers = tcp.Routes.Where(route => ModeOf(tcp, route.Value) == SourceIpMode.ProxyProtocol)
            .Select(static route => route.Value.ClusterId ?? "").ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, route) in tcp.Routes)
        {
            // Leaves out two modes: with ProxyProtocol the gateway's own header comes first, and a Dnat listener cannot have a
            // ProxyProtocol section.
            if (ModeOf(tcp, route) is SourceIpMode.None or SourceIpMode.Transparent or SourceIpMode.Toa
                && readers.Contains(route.ClusterId!)
                && route.Listener is { } id && context.Config.Listeners.TryGetValue(id, out var listener) && listener.ProxyProtocol is null)
            {
                context.Warning(
                    $"TcpProxy:Routes:{name}:ClusterId",
                    $"another route sends PROXY headers to this cluster, so its backends believe them, and this one passes on whatever "
                        + $"clients of listener {id} write, a header "
                        + "too: give the listener a ProxyProtocol section with Untrusted: Direct, which refuses it, or the backends "
                        + "another port without PROXY");
            }
        }
    }

    private static SourceIpMode? ModeOf(TcpProxyConfig tcp, TcpRouteConfig route) =>
        route.ClusterId is { } id && tcp.Clusters.TryGetValue(id, out var cluster) ? (route.SourceIp ?? cluster.SourceIp)?.Mode : null;
}
