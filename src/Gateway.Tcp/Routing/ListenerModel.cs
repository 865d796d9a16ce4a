using System.Net;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Routing;

/// <summary>A TCP listener's policy and routes. Immutable.</summary>
public sealed class ListenerModel
{
    private readonly PrefixTable<RouteModel> _byClient;
    private readonly RouteModel? _anyClient;
    private readonly (RouteModel Route, RouteMatch Match)[] _byDestination = [];

    internal ListenerModel(string name, ProxyProtocolPolicy? policy, ToaPolicy? toa, IReadOnlyList<RouteModel> routes)
    {
        Name = name;
        Policy = policy;
        Toa = toa;
        Routes = [.. routes.OrderBy(static route => route.Order)];
        _byClient = new PrefixTable<RouteModel>(
            Routes.SelectMany(static route => route.ClientNetworks.Select(network => (network, route.Order, route))));
        _anyClient = Routes.FirstOrDefault(static route => route.ClientNetworks.Count == 0);
        if (Routes.Any(static route => route.Match is not null))
        {
            _byDestination = [.. Routes.Select(static route => (route, route.Match ?? new RouteMatch(route.ClientNetworks, [], [])))];
        }
    }

    /// <summary>Its key in <c>Listeners</c>.</summary>
    public string Name { get; }

    /// <summary>Who may come with or without a header; null: the peer is the client.</summary>
    public ProxyProtocolPolicy? Policy { get; }

    /// <summary>Whose TCP options name a client; null: no option is looked at.</summary>
    public ToaPolicy? Toa { get; }

    /// <summary>Its routes, by Order.</summary>
    public IReadOnlyList<RouteModel> Routes { get; }

    /// <summary>
    /// The route of a connection: the lowest Order wins, then the most specific match (<see cref="RouteMatch.Specificity"/>). Where no
    /// route asks for the destination or for TLVs it costs what <see cref="Match(IPAddress)"/> does; else it is a walk over all routes of
    /// the listener.
    /// </summary>
    /// <param name="identity">The connection's client, and what it connected to.</param>
    /// <returns>The route, or null if none matches.</returns>
    public RouteModel? Match(ConnectionIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (_byDestination.Length == 0)
        {
            return Match(identity.Client.Address);
        }

        var destination = identity.OriginalDestination ?? identity.Local;
        RouteModel? best = null;
        var specificity = -1L;
        foreach (var (route, match) in _byDestination)
        {
            if (best is not null && route.Order > best.Order)
            {
                break;
            }

            var own = match.Specificity(identity.Client.Address, destination, identity.Tlvs.Span);
            if (own > specificity)
            {
                (best, specificity) = (route, own);
            }
        }

        return best;
    }

    /// <summary>
    /// The route of a client: the lowest Order wins, then the longest prefix; a route without ClientCidrs is less specific than any. The
    /// cost depends on how many different prefix lengths occur, not on how many routes there are.
    /// </summary>
    /// <param name="client">The client's address, unmapped.</param>
    /// <returns>The route, or null if none matches.</returns>
    public RouteModel? Match(IPAddress client)
    {
        ArgumentNullException.ThrowIfNull(client);
        var specific = _byClient.Match(client, out var order);
        return specific is null || _anyClient?.Order < order ? _anyClient : specific;
    }
}
