using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>TCP routes: references that hold, matches that decide, every Tcp listener served.</summary>
internal sealed class TcpRoutesTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, route) in context.Config.TcpProxy.Routes)
        {
            var path = $"TcpProxy:Routes:{name}";
            CheckListener(context, path, route);
            CheckCluster(context, path, route);
            Range.CheckTimeout(context, $"{path}:IdleTimeout", route.IdleTimeout);
            if (route.MaxDuration is { } maxDuration)
                Range.CheckTimeout(context, $"{path}:MaxDuration", maxDuration);
            var cidrs = $"{path}:Match:ClientCidrs";
            if (route.Match is { ClientCidrs.Count: 0 } && context.Written.ContainsKey(cidrs) && !context.Issues.HasError(cidrs))
                context.Issues.Error(cidrs, "[]", "must not be empty: leave it out to match any client");
        }

        var served = context.Config.TcpProxy.Routes.Values.Select(route => route.Listener).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, listener) in context.Config.Listeners)
        {
            if (listener.Protocol == ListenerProtocol.Tcp && !served.Contains(name))
                context.Issues.Error($"Listeners:{name}", null, "a Tcp listener needs a route (TcpProxy:Routes with this Listener)");
        }

        CheckIdenticalMatches(context);
    }

    private static void CheckListener(ValidationContext context, string path, TcpRouteConfig route)
    {
        if (route.Listener is not { } name)
            context.Missing(path, "Listener", "the name of a Tcp listener");
        else if (!context.Config.Listeners.TryGetValue(name, out var listener))
            context.Issues.Error($"{path}:Listener", ConfigIssue.Quote(name), "no such listener" + Suggestion.For(name, context.Config.Listeners.Keys));
        else if (listener.Protocol == ListenerProtocol.Http)
            context.Issues.Error($"{path}:Listener", ConfigIssue.Quote(name), "is an Http listener; TCP routes are for Tcp listeners");
    }

    private static void CheckCluster(ValidationContext context, string path, TcpRouteConfig route)
    {
        if (route.ClusterId is not { } id)
            context.Missing(path, "ClusterId", "the name of a cluster of TcpProxy:Clusters");
        else if (!context.Config.TcpProxy.Clusters.ContainsKey(id))
            context.Issues.Error($"{path}:ClusterId", ConfigIssue.Quote(id), "no such cluster" + Suggestion.For(id, context.Config.TcpProxy.Clusters.Keys));
    }

    // Nothing would say which of two routes with one match takes a connection. One shared CIDR is enough: its clients fit both equally.
    private static void CheckIdenticalMatches(ValidationContext context)
    {
        var seen = new Dictionary<(string Listener, int Order, string Match), string>();
        foreach (var (name, route) in context.Config.TcpProxy.Routes)
        {
            if (route.Listener is null)
                continue;
            var cidrs = Cidr.Expand(route.Match?.ClientCidrs ?? [], context.Config.Networks).Select(network => network.ToString()).ToList();
            if (cidrs.Count == 0 && (route.Match?.ClientCidrs.Count ?? 0) == 0)
                cidrs.Add("any client");
            foreach (var cidr in cidrs)
            {
                if (!seen.TryAdd((route.Listener.ToUpperInvariant(), route.Order, cidr), name))
                {
                    var other = seen[(route.Listener.ToUpperInvariant(), route.Order, cidr)];
                    context.Issues.Error(
                        $"TcpProxy:Routes:{name}:Match",
                        ConfigIssue.Quote(cidr),
                        $"route {other} matches the same on the same listener with the same Order; change one's Order or Match");
                    break;
                }
            }
        }
    }
}
