using System.Net;
using System.Text.RegularExpressions;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Checks routes whose connections the kernel forwards. Settings that only a process on the path could apply are errors.</summary>
internal sealed partial class DnatTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        var tcp = context.Config.TcpProxy;
        if (!TableName().IsMatch(tcp.Dnat.Table))
        {
            context.Error(
                "TcpProxy:Dnat:Table",
                "a table's name is a letter, then at most 63 letters, digits, dots, hyphens or underscores");
        }

        foreach (var (name, route) in tcp.Routes)
        {
            var cluster = tcp.Clusters.GetValueOrDefault(route.ClusterId ?? "");
            if ((route.SourceIp ?? cluster?.SourceIp) is not { Mode: SourceIpMode.Dnat } sourceIp)
            {
                continue;
            }

            var ours = (route.SourceIp is null ? $"TcpProxy:Clusters:{route.ClusterId}" : $"TcpProxy:Routes:{name}") + ":SourceIp";
            // With Reject no process handles the connections, so nothing measures their idle time. With another Fallback, a connection that
            // is not forwarded by the kernel is handled by the gateway, and the settings apply.
            if (sourceIp.Fallback == SourceIpFallback.Reject)
            {
                const string Idle =
                    "Mode is Dnat: the kernel ends idle connections, as net.netfilter.nf_conntrack_tcp_timeout_established says";
                context.NotApplicable(ours, "Mode is Dnat: there is no connection of ours to mark", "Mark");
                context.NotApplicable(
                    $"TcpProxy:Routes:{name}",
                    Idle, "IdleTimeout", "HalfClosedTimeout", "MaxDuration", "MaxDurationJitter");
            }

            if (sourceIp.Fallback == SourceIpFallback.Reject && cluster is not null)
            {
                context.NotApplicable(
                    $"TcpProxy:Clusters:{route.ClusterId}", $"the route {name} is Dnat, and the kernel connects", "DialTimeout");
            }

            var listener = context.Config.Listeners.GetValueOrDefault(route.Listener ?? "");
            if (listener is not null)
            {
                CheckListener(context, name, $"Listeners:{route.Listener}", listener);
            }

            if (cluster is not null)
            {
                CheckCluster(context, name, $"TcpProxy:Clusters:{route.ClusterId}", cluster, listener);
            }
        }
    }

    private static void CheckListener(ValidationContext context, string route, string path, ListenerConfig listener)
    {
        if (listener.ProxyProtocol is not null)
        {
            context.Issues.Error(
                $"{path}:ProxyProtocol",
                null,
                $"does not apply: the route {route} is Dnat, and the kernel would pass the header on as payload; use another Mode, or "
                    + $"two listeners");
        }

        if (listener.Toa is not null)
        {
            context.Issues.Error(
                $"{path}:Toa",
                null,
                $"does not apply: the route {route} is Dnat; the kernel does not look into options, which reach the backend as they are");
        }

        CheckLimits(context, route, path);
        if (listener.Intercept is not null)
        {
            context.Error($"{path}:Intercept", $"does not apply: the route {route} is Dnat; give it a listener that clients connect to");
        }

        foreach (var (other, config) in context.Config.TcpProxy.Routes)
        {
            // The rules in the kernel choose a route by the client's address alone. If a route also matched on other data, the kernel and
            // the gateway could choose different routes.
            if (path.Equals($"Listeners:{config.Listener}", StringComparison.OrdinalIgnoreCase))
            {
                var why = $"route {route} of the same listener is Dnat, decided by the client's address alone";
                context.NotApplicable($"TcpProxy:Routes:{other}:Match", why, "DestinationPorts", "DestinationCidrs");
            }
        }

        if (!ListenAddress.TryParse(listener.Address, out var address))
        {
            return;
        }

        if (address.EndPoint.Port == 0)
        {
            context.Error($"{path}:Address", $"the route {route} is Dnat, which needs a port; 0 lets the kernel choose one");
        }

        if (IPAddress.IsLoopback(address.EndPoint.Address))
        {
            context.Error(
                $"{path}:Address",
                $"the route {route} is Dnat, which forwards what comes from other hosts; to this address nothing does");
        }
    }

    // The kernel could drop by address, or count what conntrack knows of a source address, but it refuses without a reason that the log
    // and the metrics could have.
    private static void CheckLimits(ValidationContext context, string route, string path)
    {
        var why = $"the route {route} is Dnat, whose connections the kernel forwards before the gateway sees them; use Transparent, or "
            + "a firewall in front";
        context.NotApplicable(path, why, "Access", "Limits", "AccessLog");
        context.NotApplicable($"TcpProxy:Routes:{route}", why, "Limits", "Weight");
    }

    private static void CheckCluster(
        ValidationContext context,
        string route,
        string path,
        TcpClusterConfig cluster,
        ListenerConfig? listener)
    {
        if (cluster.Type != TcpClusterType.Static)
        {
            context.Error($"{path}:Type", $"the route {route} is Dnat, which needs Destinations");
            return;
        }

        foreach (var (name, _) in cluster.Destinations.Where(static destination => ServiceAddress.IsUrl(destination.Value.Address)))
        {
            context.Error(
                $"{path}:Destinations:{name}:Address",
                $"the route {route} is Dnat: the kernel's rules follow at each health check, later than pods come and go; use Transparent");
        }

        if (cluster.LoadBalancingPolicy is not (TcpLoadBalancingPolicy.RoundRobin or TcpLoadBalancingPolicy.Random))
        {
            context.Error(
                $"{path}:LoadBalancingPolicy",
                $"the route {route} is Dnat, and the kernel chooses in turn or at random: use RoundRobin or Random, or another Mode");
        }

        context.NotApplicable(path, $"the route {route} is Dnat, and in the kernel nobody waits; use another Mode", "Queue");
        foreach (var name in cluster.Destinations.Keys)
        {
            context.NotApplicable(
                $"{path}:Destinations:{name}",
                $"the route {route} is Dnat, and the kernel does not say how many connections there are; use another Mode",
                "MaxConnections");
        }

        if (cluster.HealthCheck is { Active.Enabled: false })
        {
            context.Warning(
                $"{path}:HealthCheck:Active:Enabled",
                $"the route {route} is Dnat: the kernel cannot try another destination, so a dead one goes on getting its share");
        }

        if (cluster.HealthCheck is { WhenUnhealthy: TcpUnhealthyAction.Close })
        {
            context.Error(
                $"{path}:HealthCheck:WhenUnhealthy",
                $"the route {route} is Dnat: the kernel carries its connections, and the gateway cannot end them; use Keep, or "
                    + "another Mode");
        }

        if (context.Written.ContainsKey($"{path}:HealthCheck:Passive"))
        {
            context.Warning(
                $"{path}:HealthCheck:Passive",
                $"the route {route} is Dnat: the kernel connects, and the gateway sees nothing of it; Active finds a dead destination");
        }

        var addresses = new List<IPAddress?>();
        foreach (var (name, destination) in cluster.Destinations)
        {
            if (destination.Address is not { } text || DestinationAddress.Read(text, out var address) is not null)
            {
                return;
            }

            addresses.Add(address!.Ip);
            if (address.Ip is { } ip && (IPAddress.IsLoopback(ip) || ListenAddress.IsAny(ip)))
            {
                context.Error(
                    $"{path}:Destinations:{name}:Address",
                    $"the route {route} is Dnat, and the kernel does not forward to loopback; use Transparent");
            }
        }

        if (ListenAddress.TryParse(listener?.Address, out var listen) && !listen.IsBothFamilies
            && addresses.Count > 0 && addresses.All(ip => ip is not null && ip.AddressFamily != listen.EndPoint.AddressFamily))
        {
            context.Issues.Error(
                $"{path}:Destinations",
                null,
                $"the route {route} is Dnat, and no destination has the address family of its listener ({listen}): nothing would be "
                    + $"forwarded");
        }
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9._-]{0,63}$")]
    private static partial Regex TableName();
}
