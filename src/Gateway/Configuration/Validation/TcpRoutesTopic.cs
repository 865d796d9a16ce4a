using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;

namespace Gateway.Configuration.Validation;

/// <summary>Checks TCP routes: listeners and clusters exist, matches are not ambiguous, and every Tcp listener has a route.</summary>
internal sealed class TcpRoutesTopic : IConfigTopic
{
    // As in the Gateway API, whose weights are taken over.
    private const int MaxWeight = 1_000_000;

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, route) in context.Config.TcpProxy.Routes)
        {
            var path = $"TcpProxy:Routes:{name}";
            CheckListener(context, path, route);
            CheckCluster(context, path, route);
            CheckTimes(context, path, route);
            if (route.Weight is { } weight)
            {
                Range.Check(context, $"{path}:Weight", weight, 0, MaxWeight);
            }

            CheckNotEmpty(context, $"{path}:Match:ClientCidrs", route.Match?.ClientCidrs.Count, "client");
            CheckNotEmpty(context, $"{path}:Match:DestinationCidrs", route.Match?.DestinationCidrs.Count, "destination");
            CheckNotEmpty(context, $"{path}:Match:DestinationPorts", route.Match?.DestinationPorts.Count, "port");
            TlvsTopic.CheckMatch(context, $"{path}:Match:Tlvs", route);
        }

        var served = context.Config.TcpProxy.Routes.Values.Select(route => route.Listener).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, listener) in context.Config.Listeners)
        {
            if (listener.IsTcp && !served.Contains(name))
            {
                context.Issues.Error(
                    $"Listeners:{name}",
                    null,
                    $"a {listener.Protocol} listener needs a route (TcpProxy:Routes with this Listener)");
            }
        }

        CheckIdenticalMatches(context);
    }

    private static void CheckTimes(ValidationContext context, string path, TcpRouteConfig route)
    {
        Range.CheckTimeout(context, $"{path}:IdleTimeout", route.IdleTimeout);
        if (route.HalfClosedTimeout is { } halfClosed)
        {
            Range.CheckTimeout(context, $"{path}:HalfClosedTimeout", halfClosed);
            if (halfClosed > route.IdleTimeout)
            {
                context.Error($"{path}:HalfClosedTimeout", "must not be longer than IdleTimeout, which ends the connection earlier");
            }
        }

        if (route.MaxDuration is { } maxDuration)
        {
            Range.CheckTimeout(context, $"{path}:MaxDuration", maxDuration);
        }
        else
        {
            context.NotApplicable(path, "there is no MaxDuration", "MaxDurationJitter");
        }

        Range.Check(context, $"{path}:MaxDurationJitter", route.MaxDurationJitter, 0, 1);
    }

    private static void CheckNotEmpty(ValidationContext context, string path, int? count, string what)
    {
        if (count == 0 && context.Written.ContainsKey(path) && !context.Issues.HasError(path))
        {
            context.Issues.Error(path, "[]", $"must not be empty: leave it out to match any {what}");
        }
    }

    private static void CheckListener(ValidationContext context, string path, TcpRouteConfig route)
    {
        if (route.Listener is not { } name)
        {
            context.Missing(path, "Listener", "the name of a Tcp listener");
        }
        else if (!context.Config.Listeners.TryGetValue(name, out var listener))
        {
            context.Issues.Error(
                $"{path}:Listener",
                ConfigIssue.Quote(name),
                "no such listener" + Suggestion.For(name, context.Config.Listeners.Keys));
        }
        else if (listener.IsHttp)
        {
            context.Issues.Error(
                $"{path}:Listener",
                ConfigIssue.Quote(name),
                $"is an {listener.Protocol} listener; TCP routes are for Tcp and Tls listeners");
        }
    }

    private static void CheckCluster(ValidationContext context, string path, TcpRouteConfig route)
    {
        if (route.ClusterId is not { } id)
        {
            context.Missing(path, "ClusterId", "the name of a cluster of TcpProxy:Clusters");
        }
        else if (!context.Config.TcpProxy.Clusters.ContainsKey(id))
        {
            context.Issues.Error(
                $"{path}:ClusterId",
                ConfigIssue.Quote(id),
                "no such cluster" + Suggestion.For(id, context.Config.TcpProxy.Clusters.Keys));
        }
    }

    // Reports two routes with the same match, because the choice between them would not be defined. One shared CIDR is enough: its clients
    // match both routes equally, if the routes also share destinations.
    private static void CheckIdenticalMatches(ValidationContext context)
    {
        var seen = new Dictionary<(string Listener, int Order, string Match), List<(string Name, TcpRouteConfig Route)>>();
        foreach (var (name, route) in context.Config.TcpProxy.Routes)
        {
            if (route.Listener is null)
            {
                continue;
            }

            var cidrs = Cidr.Expand(route.Match?.ClientCidrs ?? [], context.Config.Networks).Select(network => network.ToString()).ToList();
            if (cidrs.Count == 0 && (route.Match?.ClientCidrs.Count ?? 0) == 0)
            {
                cidrs.Add("any client");
            }

            foreach (var cidr in cidrs)
            {
                var key = (route.Listener.ToUpperInvariant(), route.Order, cidr);
                if (!seen.TryGetValue(key, out var others))
                {
                    seen[key] = others = [];
                }

                var other = others.FirstOrDefault(
                    other => !ShareByWeight(other.Route, route) && ShareDestinations(context, other.Route.Match, route.Match));
                others.Add((name, route));
                if (other.Name is null)
                {
                    continue;
                }

                context.Issues.Error(
                    $"TcpProxy:Routes:{name}:Match",
                    ConfigIssue.Quote(cidr),
                    TlvsTopic.Ambiguity(other.Route.Match, route.Match) is { } tlvs
                        ? $"route {other.Name} of the same listener and Order {tlvs}: give them different Order"
                        : $"route {other.Name} matches the same on the same listener with the same Order; change one's Order or Match");
                break;
            }
        }
    }

    private static bool ShareByWeight(TcpRouteConfig one, TcpRouteConfig other) =>
        one.Weight is not null && other.Weight is not null && MatchKey.Of(one.Match) == MatchKey.Of(other.Match);

    // The longer prefix wins, the shorter range of ports, and the larger number of TLVs. Only equal matches are ambiguous.
    private static bool ShareDestinations(ValidationContext context, TcpRouteMatchConfig? one, TcpRouteMatchConfig? other)
    {
        if (!TlvsTopic.ShareTlvs(one, other) || !ClientHelloTopic.ShareNames(one, other) || !ClientHelloTopic.ShareAlpn(one, other))
        {
            return false;
        }

        var (ports, otherPorts) = (one?.DestinationPorts ?? [], other?.DestinationPorts ?? []);
        var portsMeet =
            ports.Count == 0 && otherPorts.Count == 0
            || ports.Any(range => otherPorts.Any(next => next.Count == range.Count && next.Overlaps(range)));
        if (!portsMeet)
        {
            return false;
        }

        var (cidrs, otherCidrs) = (one?.DestinationCidrs ?? [], other?.DestinationCidrs ?? []);
        return cidrs.Count == 0 && otherCidrs.Count == 0
            || Cidr.Expand(cidrs, context.Config.Networks).Intersect(Cidr.Expand(otherCidrs, context.Config.Networks)).Any();
    }
}
