using System.Net;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks the listeners to which the kernel diverts connections, and the clusters that connect to the original destinations.
/// </summary>
internal sealed class InterceptTopic : IConfigTopic
{
    // The highest id that the key's type (int) can hold. The kernel's uid_t has 32 bits.
    private const int MaxUid = int.MaxValue;

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, listener) in context.Config.Listeners)
        {
            var path = $"Listeners:{name}";
            if (listener.IsHttp)
            {
                context.NotApplicable(path, $"the listener's Protocol is {listener.Protocol}, this is for Tcp", "Intercept", "Capture");
            }
            else if (listener.Intercept is null)
            {
                context.NotApplicable(path, "the listener has no Intercept", "Capture");
            }
            else
            {
                CheckCapture(context, path, name, listener);
            }
        }

        foreach (var (name, route) in context.Config.TcpProxy.Routes)
        {
            CheckRoute(context, $"TcpProxy:Routes:{name}", route);
        }
    }

    private static void CheckCapture(ValidationContext context, string path, string name, ListenerConfig listener)
    {
        var capture = listener.Capture;
        var isOutbound = capture.Direction == CaptureDirection.Outbound;
        if (listener.Intercept == InterceptMode.Redirect)
        {
            context.NotApplicable($"{path}:Capture", "Intercept is Redirect, this is for TProxy", "Mark");
        }

        Range.Check(context, $"{path}:Capture:Mark", capture.Mark, 1, int.MaxValue);
        foreach (var (uid, i) in capture.ExcludeUids.Select((uid, i) => (uid, i)))
        {
            Range.Check(context, $"{path}:Capture:ExcludeUids:{i}", uid, 0, MaxUid);
        }

        if (ListenAddress.TryParse(listener.Address, out var address) && listener.Intercept == InterceptMode.Redirect)
        {
            CheckRedirectAddress(context, path, address, isOutbound);
        }

        if (!isOutbound)
        {
            context.NotApplicable($"{path}:Capture", "Direction is Inbound, this is for Outbound", "ExcludeUids");
            return;
        }

        if (listener.Intercept == InterceptMode.TProxy)
        {
            const string Rule = "what this host's own processes open is diverted by Redirect: tproxy sees arriving packets only";
            context.Issues.Error($"{path}:Capture:Direction", ConfigIssue.Quote("Outbound"), Rule);
        }

        // Without the user's id or a mark, the gateway's own connections to backends would be diverted to the gateway again and again,
        // until descriptors run out.
        var unmarked = context.Config.TcpProxy.Routes.FirstOrDefault(route =>
            name.Equals(route.Value.Listener, StringComparison.OrdinalIgnoreCase) && SourceIpOf(context, route.Value) is { Mark: null });
        if (capture.ExcludeUids.Count == 0 && unmarked.Key is { } routeName)
        {
            context.Issues.Error(
                $"TcpProxy:Routes:{routeName}:SourceIp:Mark",
                null,
                $"required: listener {name} captures what this host opens, and its own connections must be told apart; or set "
                    + $"Listeners:{name}:Capture:ExcludeUids");
        }
    }

    // REDIRECT rewrites the destination to 127.0.0.1 or ::1 for connections of this host, and to an address of the interface for
    // connections that arrive.
    private static void CheckRedirectAddress(ValidationContext context, string path, ListenAddress address, bool isOutbound)
    {
        if (ListenAddress.IsAny(address.EndPoint.Address) || (isOutbound && IPAddress.IsLoopback(address.EndPoint.Address)))
        {
            return;
        }

        var rule = isOutbound
            ? "must be *:PORT or a loopback address: own connections are redirected to loopback"
            : "must be *:PORT: connections are redirected to the address of the interface";
        context.Error($"{path}:Address", rule);
    }

    private static void CheckRoute(ValidationContext context, string path, TcpRouteConfig route)
    {
        if (route.Listener is null || !context.Config.Listeners.TryGetValue(route.Listener, out var listener))
        {
            return;
        }

        if (route.Match?.DestinationPorts.Count > 0 && listener is { Intercept: null, ProxyProtocol: null })
        {
            context.Warning(
                $"{path}:Match:DestinationPorts",
                "the listener neither intercepts nor takes PROXY headers: the port is always its own");
        }

        if (route.ClusterId is null
            || !context.Config.TcpProxy.Clusters.TryGetValue(route.ClusterId, out var cluster)
            || cluster.Type is TcpClusterType.Static or TcpClusterType.Kubernetes)
        {
            return;
        }

        if (listener.Intercept is null)
        {
            var rule =
                $"the cluster's Type is {cluster.Type}, and listener {route.Listener} has no Intercept: the original destination would "
                    + $"be the listener itself";
            context.Error($"{path}:ClusterId", rule);
        }

        if (cluster.Type == TcpClusterType.OriginalPort)
        {
            // Requires ports, because services that listen on loopback only (Admin, debuggers, other sidecars) must not be reachable from
            // the network.
            if (route.Match is not { DestinationPorts.Count: > 0 } && !context.Issues.HasErrorAtOrBelow($"{path}:Match:DestinationPorts"))
            {
                context.Error(
                    $"{path}:Match:DestinationPorts",
                    "required: the cluster's Type is OriginalPort, and any port would open all that listens on loopback");
            }

            return;
        }

        if (SourceIpOf(context, route) is { Mode: SourceIpMode.Transparent, Port: SourcePort.Client } && listener.ProxyProtocol is null)
        {
            var where = route.SourceIp is null ? $"TcpProxy:Clusters:{route.ClusterId}" : path;
            context.Error(
                $"{where}:SourceIp:Port",
                "the client's address and port towards its own destination are the client's connection itself: use Ephemeral, or a "
                    + "cluster of Type OriginalPort");
        }
    }

    private static SourceIpConfig? SourceIpOf(ValidationContext context, TcpRouteConfig route) =>
        route.SourceIp ?? (route.ClusterId is { } id ? context.Config.TcpProxy.Clusters.GetValueOrDefault(id)?.SourceIp : null);
}
