using Gateway.Http.GatewayApi;
using Gateway.Http.Requests;
using Microsoft.AspNetCore.Routing.Patterns;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Finds routes between which routing cannot choose. Routing answers every request that matches two such routes with 500. Routing compares
/// routes by Order, by path, by whether a route has methods, hosts and listeners at all, and by the number of headers and query parameters.
/// Only routes that are equal in all of these can be ambiguous.
/// </summary>
internal sealed class RouteAmbiguity
{
    private const string Path = "Match:Path";
    private const string Anything = "{*}";

    private readonly Dictionary<string, string> _first = [];

    /// <summary>Reports a route that matches the same requests as an earlier route.</summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the route.</param>
    /// <param name="route">The route. The caller passes every route in turn.</param>
    public void Check(ValidationContext context, string path, RouteConfig route)
    {
        if (HttpRouteRule.IsMarked(route))
        {
            // Routing does not match it, and of two equal matches of HTTPRoutes the older one gets the requests.
            return;
        }

        var listeners = route.Metadata?.GetValueOrDefault(ListenerMatcherPolicy.MetadataKey)?.Split(',', StringSplitOptions.TrimEntries);
        var common = string.Join(
            '\n',
            route.Order.GetValueOrDefault(),
            PathOf(route.Match),
            HeadersOf(route.Match),
            ParametersOf(route.Match));
        // Compares hosts as written, because routing treats two spellings of one host as different hosts, and chooses the first.
        var keys =
            from method in OrAny(Upper(route.Match.Methods))
            from host in OrAny(route.Match.Hosts)
            from listener in OrAny(Upper(listeners))
            select string.Join('\n', common, method, host, listener);
        foreach (var key in keys)
        {
            if (_first.TryAdd(key, route.RouteId) || _first[key] == route.RouteId)
            {
                continue;
            }

            context.Error(
                KeyPathOf(context, path),
                $"matches the same requests as route \"{_first[key]}\", and they would fail: give one of them an Order, "
                + "or tell them apart by Path, Methods, Hosts, Headers, QueryParameters or Metadata Listeners");
            return;
        }
    }

    private static string KeyPathOf(ValidationContext context, string path) =>
        context.Written.ContainsKey($"{path}:{Path}") ? $"{path}:{Path}" : path;

    private static IEnumerable<string> OrAny(IReadOnlyList<string>? names) =>
        names is { Count: > 0 } ? names.Distinct() : ["*any"];

    private static string[]? Upper(IReadOnlyList<string>? names) => names?.Select(static name => name.ToUpperInvariant()).ToArray();

    // Leaves out the names of parameters, which do not affect the match, but keeps their constraints.
    private static string PathOf(RouteMatch match) =>
        match.Path is not { Length: > 0 } path ? Anything
        : RoutePaths.TryParse(path) is not { } pattern ? path
        : string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => PartOf(pattern, part)))))
            is { Length: > 0 } text
            ? text
        : "/";

    private static string PartOf(RoutePattern pattern, RoutePatternPart part) => part switch
    {
        RoutePatternLiteralPart literal => literal.Content.ToUpperInvariant(),
        RoutePatternSeparatorPart separator => separator.Content,
        RoutePatternParameterPart parameter => pattern.ParameterPolicies.TryGetValue(parameter.Name, out var policies)
            ? $"{{{(parameter.IsCatchAll ? "*" : "")}:{string.Join(':', policies.Select(static policy => policy.Content))}}}"
            : parameter.IsCatchAll ? Anything : "{}",
        _ => "?",
    };

    private static string HeadersOf(RouteMatch match) =>
        string.Join(
            '\t',
            (match.Headers ?? [])
                .Select(static header =>
                    $"{header.Name.ToUpperInvariant()} {header.Mode} {header.IsCaseSensitive} "
                        + $"{ValuesOf(header.Values, header.IsCaseSensitive)}")
                .Order());

    private static string ParametersOf(RouteMatch match) =>
        string.Join(
            '\t',
            (match.QueryParameters ?? [])
                .Select(static parameter =>
                    $"{parameter.Name.ToUpperInvariant()} {parameter.Mode} {parameter.IsCaseSensitive} "
                        + $"{ValuesOf(parameter.Values, parameter.IsCaseSensitive)}")
                .Order());

    private static string ValuesOf(IReadOnlyList<string>? values, bool isCaseSensitive) =>
        string.Join(',', (values ?? []).Select(value => isCaseSensitive ? value : value.ToUpperInvariant()).Order());
}
