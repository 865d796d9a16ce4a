using System.Net;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Routing;

/// <summary>
/// A set of routes. The client, the destination, TLVs and ALPN choose one of them: the lowest Order wins, then the most specific match
/// (<see cref="RouteMatch.Specificity"/>). Server names are matched before that, in <see cref="ListenerModel"/>. Immutable.
/// </summary>
internal sealed class RouteTable
{
    private readonly PrefixTable<RouteModel> _byClient;
    private readonly RouteModel? _anyClient;
    private readonly (RouteModel Route, RouteMatch Match)[] _walked = [];

    /// <summary>Creates the table.</summary>
    /// <param name="routes">The routes, by Order.</param>
    /// <param name="ignoresAlpn">Whether the table ignores the routes' conditions on ALPN.</param>
    public RouteTable(IReadOnlyList<RouteModel> routes, bool ignoresAlpn = false)
    {
        _byClient = new PrefixTable<RouteModel>(
            routes.SelectMany(static route => route.ClientNetworks.Select(network => (network, route.Order, route))));
        _anyClient = routes.FirstOrDefault(static route => route.ClientNetworks.Count == 0);
        if (routes.Any(static route => route.Match is not null))
        {
            _walked =
            [
                .. routes.Select(route => (
                    route,
                    route.Match is not { } match ? new RouteMatch(route.ClientNetworks, [], [])
                        : ignoresAlpn ? match.WithoutAlpn() : match)),
            ];
        }
    }

    /// <summary>
    /// The route of a connection. If all routes look only at the client's address, the cost depends on the number of different prefix
    /// lengths and not on the number of routes. Otherwise all routes are compared.
    /// </summary>
    /// <returns>The route, or null if none matches.</returns>
    public RouteModel? Match(ConnectionIdentity identity)
    {
        if (_walked.Length == 0)
        {
            return Match(identity.Client.Address);
        }

        RouteModel? best = null;
        var specificity = -1L;
        foreach (var (route, match) in _walked)
        {
            if (best is not null && route.Order > best.Order)
            {
                break;
            }

            var own = match.Specificity(identity);
            if (own > specificity)
            {
                (best, specificity) = (route, own);
            }
        }

        return best;
    }

    // A route without ClientCidrs is less specific than any route with ClientCidrs.
    private RouteModel? Match(IPAddress client)
    {
        var specific = _byClient.Match(client, out var order);
        return specific is null || _anyClient?.Order < order ? _anyClient : specific;
    }
}
