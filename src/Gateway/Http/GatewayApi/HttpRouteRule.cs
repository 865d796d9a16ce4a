using Gateway.Http.Requests;
using Microsoft.AspNetCore.WebUtilities;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Http.GatewayApi;

/// <summary>
/// A match of an HTTPRoute, as one of YARP's routes carries it. Hosts, method, headers and query stand in YARP's own keys, where the status
/// page and <c>/api/config</c> show them. What YARP's schema has no key for stands in the keys <c>GatewayApi.*</c> of the route's Metadata.
/// The rules of the match are those of the Gateway API, and not those of ASP.NET Core: docs/decisions/0112.
/// </summary>
internal sealed record HttpRouteRule
{
    /// <summary>The key that marks such a route: <c>Exact /path</c> or <c>PathPrefix /path</c>.</summary>
    public const string PathKey = "GatewayApi.Path";

    /// <summary>The key for the host names of the port's other listeners, whose requests the route does not get: <c>a,b</c>.</summary>
    public const string NotHostsKey = "GatewayApi.NotHosts";

    /// <summary>
    /// The key for the host names of all of an HTTPS port's listeners, of which an empty one stands for all hosts: <c>,a,*.b</c>. Absent:
    /// the port has one listener, or no TLS.
    /// </summary>
    public const string ListenerNamesKey = "GatewayApi.ListenerNames";

    /// <summary>The key for what decides between equal matches. The text that comes first in ordinal order wins.</summary>
    public const string AgeKey = "GatewayApi.Age";

    /// <summary>The key for <see cref="Backends"/>.</summary>
    public const string BackendsKey = "GatewayApi.Backends";

    /// <summary>The key for <see cref="Redirect"/>.</summary>
    public const string RedirectKey = "GatewayApi.Redirect";

    /// <summary>The key for the routes of backends with filters of their own, in the order of the shares: <c>r.b0,,r.b2</c>.</summary>
    public const string BackendRoutesKey = "GatewayApi.BackendRoutes";

    /// <summary>The key for the route that hands its share of requests to this one, which matches nothing by itself.</summary>
    public const string ShareOfKey = "GatewayApi.ShareOf";

    /// <summary>The beginning of <see cref="PathKey"/>'s value for a path that must be equal.</summary>
    public const string Exact = "Exact ";

    /// <summary>The beginning of <see cref="PathKey"/>'s value for a path that must begin with these segments.</summary>
    public const string Prefix = "PathPrefix ";

    /// <summary>
    /// The precedence of the Gateway API: the exact path, the longest prefix, a method, the most headers, the most query parameters, the
    /// oldest route.
    /// </summary>
    public static IComparer<HttpRouteRule> Precedence { get; } = Comparer<HttpRouteRule>.Create(static (one, other) =>
        First(other.IsExact.CompareTo(one.IsExact))
        ?? First(other.Path.Length.CompareTo(one.Path.Length))
        ?? First((other.Method is not null).CompareTo(one.Method is not null))
        ?? First(other.Headers.Count.CompareTo(one.Headers.Count))
        ?? First(other.Query.Count.CompareTo(one.Query.Count))
        ?? string.CompareOrdinal(one.Age, other.Age));

    /// <summary>The listener.</summary>
    public required string Listener { get; init; }

    /// <summary>The host names; empty: all.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary>Host names that other listeners of the port take.</summary>
    public required IReadOnlyList<string> NotHosts { get; init; }

    /// <summary>The host names of the port's listeners; empty: a handshake says nothing about the listener of a request.</summary>
    public IReadOnlyList<string> ListenerNames { get; init; } = [];

    /// <summary>Whether the path must be equal; else it must begin with <see cref="Path"/>, segment by segment.</summary>
    public required bool IsExact { get; init; }

    /// <summary>The path, decoded as the server decodes that of a request. A prefix has no slash at its end.</summary>
    public required string Path { get; init; }

    /// <summary>The method; null: any.</summary>
    public string? Method { get; init; }

    /// <summary>Headers with their values.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Query parameters with their values.</summary>
    public IReadOnlyList<(string Name, string Value)> Query { get; init; } = [];

    /// <summary>What decides between equal matches.</summary>
    public required string Age { get; init; }

    /// <summary>The shares of clusters; null: all requests go to the route's cluster.</summary>
    public WeightedBackends? Backends { get; init; }

    /// <summary>The routes of the backends, in the order of the shares; empty: they are all served by this one.</summary>
    public IReadOnlyList<string> BackendRoutes { get; init; } = [];

    /// <summary>Whether another route hands its requests to this one, which matches nothing by itself.</summary>
    public bool IsShare { get; init; }

    /// <summary>Where clients are sent; null: requests go to a backend.</summary>
    public RedirectRule? Redirect { get; init; }

    /// <summary>Whether a route is a match of an HTTPRoute.</summary>
    public static bool IsMarked(RouteConfig route) =>
        route.Metadata?.ContainsKey(PathKey) == true && ListenerMatcherPolicy.NamesOf(route) is [_];

    /// <summary>Reads a route; null: it is no match of an HTTPRoute.</summary>
    public static HttpRouteRule? Of(RouteConfig route)
    {
        if (!IsMarked(route))
        {
            return null;
        }

        var (path, listener) = (route.Metadata![PathKey], ListenerMatcherPolicy.NamesOf(route)![0]);
        var isExact = path.StartsWith(Exact, StringComparison.Ordinal);
        return new HttpRouteRule
        {
            Listener = listener,
            Hosts = [.. (route.Match.Hosts ?? []).Select(HostPattern.FromYarp)],
            NotHosts = route.Metadata.GetValueOrDefault(NotHostsKey)?.Split(',') ?? [],
            ListenerNames = route.Metadata.GetValueOrDefault(ListenerNamesKey)?.Split(',') ?? [],
            IsExact = isExact,
            Path = isExact ? path[Exact.Length..] : path[Math.Min(path.Length, Prefix.Length)..].TrimEnd('/'),
            Method = route.Match.Methods is [var method, ..] ? method : null,
            Headers = [.. (route.Match.Headers ?? []).Select(static header => (header.Name, First(header.Values)))],
            Query = [.. (route.Match.QueryParameters ?? []).Select(static query => (query.Name, First(query.Values)))],
            Age = route.Metadata.GetValueOrDefault(AgeKey) ?? "",
            IsShare = route.Metadata.ContainsKey(ShareOfKey),
            BackendRoutes = route.Metadata.GetValueOrDefault(BackendRoutesKey)?.Split(',') ?? [],
            Backends = route.Metadata.GetValueOrDefault(BackendsKey) is { } backends ? WeightedBackends.Parse(backends) : null,
            Redirect = route.Metadata.GetValueOrDefault(RedirectKey) is { } redirect ? RedirectRule.Parse(redirect) : null,
        };
    }

    /// <summary>Whether method, headers and query of a request match.</summary>
    public bool Matches(HttpRequest request)
    {
        if (Method is not null && Method != request.Method)
        {
            return false;
        }

        foreach (var (name, value) in Headers)
        {
            // Of a header with several lines the whole value counts, as RFC 9110, 5.2 joins it.
            if (!request.Headers.TryGetValue(name, out var sent) || sent.ToString() != value)
            {
                return false;
            }
        }

        foreach (var (name, value) in Query)
        {
            if (!HasParameter(request, name, value))
            {
                return false;
            }
        }

        return true;
    }

    // Names count by case, which IQueryCollection does not, and of a repeated name the first value, as the API recommends.
    private static bool HasParameter(HttpRequest request, string name, string value)
    {
        foreach (var sent in new QueryStringEnumerable(request.QueryString.Value))
        {
            if (sent.DecodeName().Span.SequenceEqual(name))
            {
                return sent.DecodeValue().Span.SequenceEqual(value);
            }
        }

        return false;
    }

    private static string First(IReadOnlyList<string>? values) => values is [var value, ..] ? value : "";

    private static int? First(int difference) => difference == 0 ? null : difference;
}
