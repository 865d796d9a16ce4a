using Gateway.Http.GatewayApi;
using Gateway.Http.Requests;
using Gateway.Tcp.Configuration;
using Microsoft.AspNetCore.Routing.Patterns;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Snapshots;

/// <summary>
/// What a route matches, as a text for a person, and the order in which HTTP routes match. For <c>validate</c> and the API.
/// </summary>
internal static class RouteText
{
    /// <summary>The text of a route without conditions.</summary>
    public const string Any = "any";

    /// <summary>
    /// HTTP routes as ASP.NET Core matches them: by Order, then the more specific path, then routes of certain listeners, methods and hosts
    /// before those of any. Behind them the matches of HTTPRoutes, those of a listener in their precedence; a narrower host name comes
    /// before all of it.
    /// </summary>
    public static IEnumerable<RouteConfig> InMatchOrder(IEnumerable<RouteConfig> routes)
    {
        var all = routes.ToLookup(HttpRouteRule.IsMarked);
        var marked = all[true].Select(static route => (Route: route, Rule: HttpRouteRule.Of(route)!))
            .OrderBy(static entry => entry.Rule.Listener, StringComparer.OrdinalIgnoreCase)
            .ThenBy(static entry => entry.Rule, HttpRouteRule.Precedence);
        return InMatchOrderOfRouting(all[false]).Concat(marked.Select(static entry => entry.Route));
    }

    /// <summary>The conditions of a TCP route.</summary>
    /// <param name="match">The conditions; null: there are none.</param>
    /// <param name="most">The most values of one condition that are written.</param>
    public static string Of(TcpRouteMatchConfig? match, int most = int.MaxValue) => match is null ? Any : Join(
        most,
        [
            ("names", match.ServerNames),
            ("clients", match.ClientCidrs),
            ("destinations", match.DestinationCidrs),
            ("ports", [.. match.DestinationPorts.Select(static ports => ports.ToString())]),
            ("ALPN", match.Alpn),
            .. match.Tlvs.Select(static tlv => ($"TLV {tlv.Key}", tlv.Value)),
        ]);

    /// <summary>The conditions of an HTTP route. A share of another route has none of its own, and matches nothing by itself.</summary>
    /// <param name="route">The route.</param>
    /// <param name="most">The most values of one condition that are written.</param>
    public static string Of(RouteConfig route, int most = int.MaxValue) =>
        route.Metadata?.GetValueOrDefault(HttpRouteRule.ShareOfKey) is { } whole ? $"share of {whole}" : Of(route.Match, most);

    private static string Of(RouteMatch match, int most) => Join(
        most,
        [
            ("hosts", match.Hosts),
            ("path", match.Path is { } path ? [path] : []),
            ("methods", match.Methods),
            ("headers", [.. (match.Headers ?? []).Select(static header => header.Name)]),
            ("query", [.. (match.QueryParameters ?? []).Select(static query => query.Name)]),
        ]);

    /// <summary>Values in one line: <c>a, b and 3 more</c>.</summary>
    public static string Listed(IReadOnlyCollection<string> values, int most) =>
        string.Join(", ", values.Take(most)) + (values.Count > most ? $" and {values.Count - most} more" : "");

    private static IOrderedEnumerable<RouteConfig> InMatchOrderOfRouting(IEnumerable<RouteConfig> routes) => routes
        .OrderBy(static route => route.Order ?? 0)
        .ThenBy(static route => RoutePatternFactory.Parse(PathOf(route)).InboundPrecedence)
        .ThenBy(static route => ListenerMatcherPolicy.NamesOf(route) is null ? 1 : 0)
        .ThenBy(static route => route.Match.Methods is { Count: > 0 } ? 0 : 1)
        .ThenBy(static route => route.Match.Hosts is { Count: > 0 } ? 0 : 1);

    private static string PathOf(RouteConfig route) => route.Match.Path is { Length: > 0 } path ? path : "/{**all}";

    private static string Join(int most, (string What, IReadOnlyList<string>? Values)[] conditions)
    {
        var given = conditions.Where(static condition => condition.Values is { Count: > 0 }).ToList();
        return given.Count == 0 ? Any : string.Join("; ", given.Select(condition => $"{condition.What} {Listed(condition.Values!, most)}"));
    }
}
