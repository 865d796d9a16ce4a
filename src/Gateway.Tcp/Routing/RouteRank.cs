using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tcp.Routing;

/// <summary>
/// Orders the routes of a listener for a reader, as they are matched: by Order, then the more specific first (<see cref="ListenerModel"/>,
/// <see cref="RouteMatch.Specificity"/>). Matching itself does not use it, because it compares only the routes that match.
/// </summary>
public static class RouteRank
{
    private const int AnyPortCount = 65536;

    /// <summary>Compares two routes of a listener.</summary>
    public static IComparer<RouteModel> Comparer { get; } =
        Comparer<RouteModel>.Create(static (one, other) => RankOf(one).CompareTo(RankOf(other)));

    // Each member: lower is earlier.
    private static (int Order, int Name, int Alpn, int Tlvs, int Client, int Destination, int Ports) RankOf(RouteModel route) => (
        route.Order,
        route.ServerNames.Count == 0 ? 3
            : route.ServerNames.All(ServerName.IsDeepWildcard) ? 2
            : route.ServerNames.All(static name => ServerName.IsWildcard(name) || ServerName.IsDeepWildcard(name)) ? 1
            : 0,
        route.Match?.HasAlpn == true ? 0 : 1,
        -(route.Match?.TlvCount ?? 0),
        -route.ClientNetworks.Select(static network => network.PrefixLength + 1).DefaultIfEmpty().Max(),
        -(route.Match?.Destinations.Select(static network => network.PrefixLength + 1).DefaultIfEmpty().Max() ?? 0),
        route.Match is { Ports.Count: > 0 } match ? match.Ports.Sum(static ports => ports.Count) : AnyPortCount);
}
