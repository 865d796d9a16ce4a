using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Routing;

/// <summary>A TCP listener's policies and routes. Immutable.</summary>
public sealed class ListenerModel
{
    // By the first route of each split, the only one of its routes that is matched.
    private readonly Dictionary<RouteModel, RouteSplit>? _splits;
    private readonly RouteTable _unnamed;
    private readonly RouteTable? _named;
    private readonly Dictionary<string, RouteTable>? _byName;
    private readonly Dictionary<string, RouteTable>.AlternateLookup<ReadOnlySpan<char>> _byParent;
    private readonly Dictionary<string, RouteTable>.AlternateLookup<ReadOnlySpan<char>> _byAncestor;
    private readonly int _longestAncestor;

    internal ListenerModel(string name, IReadOnlyList<RouteModel> routes)
    {
        Name = name;
        Routes = [.. routes.OrderBy(static route => route.Order)];
        _splits = SplitsOf(Routes);
        RouteModel[] matched =
            _splits is null ? [.. Routes] : [.. Routes.Where(route => route.Weight is null || _splits.ContainsKey(route))];
        _unnamed = new RouteTable([.. matched.Where(static route => route.ServerNames.Count == 0)]);
        if (matched.Any(static route => route.NeedsClientHello))
        {
            _named = new RouteTable([.. matched.Where(static route => route.NeedsClientHello)], ignoresAlpn: true);
            _byName = TablesOf(matched, static name => ServerName.IsWildcard(name) || ServerName.IsDeepWildcard(name) ? null : name);
            _byParent = TablesOf(matched, static name => ServerName.IsWildcard(name) ? ServerName.HostOf(name) : null)
                .GetAlternateLookup<ReadOnlySpan<char>>();
            var ancestors = TablesOf(matched, static name => ServerName.IsDeepWildcard(name) ? ServerName.HostOf(name) : null);
            _byAncestor = ancestors.GetAlternateLookup<ReadOnlySpan<char>>();
            _longestAncestor = ancestors.Keys.Select(static name => name.Length).DefaultIfEmpty().Max();
        }
    }

    /// <summary>The listener's key in <c>Listeners</c>.</summary>
    public string Name { get; }

    /// <summary>Which peers may or must send a PROXY header; null: the peer is the client.</summary>
    public ProxyProtocolPolicy? Policy { get; init; }

    /// <summary>Which peers may name the client in a TCP option; null: no option is looked at.</summary>
    public ToaPolicy? Toa { get; init; }

    /// <summary>How the ClientHello is read; null: the ClientHello is not needed.</summary>
    public ClientHelloPolicy? ClientHello { get; init; }

    /// <summary>How the listener ends TLS; null: TLS does not end here.</summary>
    public IServerTls? Tls { get; init; }

    /// <summary>The listener's routes, by Order.</summary>
    public IReadOnlyList<RouteModel> Routes { get; }

    /// <summary>
    /// The route of a connection. The lowest Order wins; then a route with a matching server name wins over a route without names, an exact
    /// name over a wildcard, <c>*.</c> over <c>**.</c>, and of these the longer; then the most specific of the other conditions
    /// (<see cref="RouteTable"/>). Routes with the same match and a weight take turns (<see cref="RouteSplit"/>).
    /// </summary>
    /// <param name="identity">
    /// The connection's client, the address that the client connected to, and the server name that it asked for.
    /// </param>
    /// <returns>The route, or null if none matches.</returns>
    public RouteModel? Match(ConnectionIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var best = _unnamed.Match(identity);
        if (_byName is not null && identity.Hello?.ServerName is { } name)
        {
            // From the least specific to the most specific, because a later match wins if the Order is the same.
            for (var dot = LastDot(name, name.Length); dot >= 0 && name.Length - dot - 1 <= _longestAncestor; dot = LastDot(name, dot))
            {
                _ = _byAncestor.TryGetValue(name.AsSpan(dot + 1), out var deep);
                best = Better(best, deep?.Match(identity));
            }

            _ = _byParent.TryGetValue(name.AsSpan(name.IndexOf('.') + 1), out var wildcard);
            best = Better(best, wildcard?.Match(identity));
            best = Better(best, _byName.GetValueOrDefault(name)?.Match(identity));
        }

        return best is not null && _splits?.GetValueOrDefault(best) is { } split ? split.Next() : best;
    }

    /// <summary>Whether a connection can be routed without its ClientHello.</summary>
    /// <param name="identity">The connection's client, and the address that the client connected to.</param>
    internal ClientHelloNeed NeedOf(ConnectionIdentity identity) =>
        ClientHello is not { } policy ? ClientHelloNeed.None
        : policy.EndsTls ? ClientHelloNeed.Required
        : !policy.IsAlwaysRead && _named?.Match(identity) is null ? ClientHelloNeed.None
        : _unnamed.Match(identity) is not null ? ClientHelloNeed.Optional
        : ClientHelloNeed.Required;

    private static int LastDot(string name, int before) => before <= 0 ? -1 : name.LastIndexOf('.', before - 1);

    // An ordinal comparison is enough, because both names are already in normal form.
    private static Dictionary<string, RouteTable> TablesOf(RouteModel[] routes, Func<string, string?> keyOf) =>
        routes.SelectMany(route => route.ServerNames.Select(name => (Key: keyOf(name), Route: route)))
            .Where(static entry => entry.Key is not null)
            .GroupBy(static entry => entry.Key!, static entry => entry.Route, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => new RouteTable([.. group.Distinct()]), StringComparer.Ordinal);

    private static Dictionary<RouteModel, RouteSplit>? SplitsOf(IReadOnlyList<RouteModel> routes)
    {
        var splits = routes.Where(static route => route.Weight is not null)
            .GroupBy(static route => (route.Order, route.SplitKey))
            .ToDictionary(static group => group.First(), static group => new RouteSplit(group));
        return splits.Count == 0 ? null : splits;
    }

    private static RouteModel? Better(RouteModel? less, RouteModel? more) => more is null || less?.Order < more.Order ? less : more;
}
