using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Backends that believe PROXY headers, and a way to them on which clients can write their own: without a <c>ProxyProtocol</c> section a
/// listener passes on whatever comes. Alone that is what every TCP proxy does; a cluster that another route sends headers to gives it away
/// that the backend reads them.
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
            // A header of ours comes first with ProxyProtocol; Dnat listeners have no policy to add.
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
