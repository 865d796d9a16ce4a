using System.Globalization;
using System.Net;
using Gateway.Configuration;
using Gateway.Http.GatewayApi;
using Gateway.Http.Requests;
using Gateway.Kubernetes.GatewayApi.Objects;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// Writes the entries of the configuration that attached HTTPRoutes need: one of YARP's routes for each match, and a cluster for each
/// Service. Which of several matches gets a request is decided when the request comes (<see cref="HttpRouteRule.Precedence"/>), so an
/// entry changes with its own route only.
/// </summary>
/// <param name="policies">The policies.</param>
/// <param name="backends">The Services.</param>
/// <param name="slots">The listeners.</param>
/// <param name="refused">The entries to leave out.</param>
internal sealed class HttpEntryWriter(Policies policies, Backends backends, ListenerSlots slots, RefusedEntries refused)
{
    // Each pod is a destination of its own: pod[10.0.0.5:8080].
    private const string Destination = "pod";

    // Without TLS nothing is negotiated: a lower version must not be tried.
    private static readonly ForwarderRequestConfig Http2 =
        new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private readonly ILookup<string, ListenerSlot> _ports = slots.All.ToLookup(static slot => slot.ListenerName);
    private readonly Dictionary<string, RouteConfig> _routes = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ClusterConfig> _clusters = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _origins = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The routes.</summary>
    public IReadOnlyDictionary<string, RouteConfig> Routes => _routes;

    /// <summary>The clusters.</summary>
    public IReadOnlyDictionary<string, ClusterConfig> Clusters => _clusters;

    /// <summary>The object of each entry, by key path.</summary>
    public IReadOnlyDictionary<string, string> Origins => _origins;

    /// <summary>The listeners that have routes.</summary>
    public IEnumerable<string> Listeners => _routes.Values.Select(static route => route.Metadata![ListenerMatcherPolicy.MetadataKey]);

    /// <summary>Adds a route.</summary>
    /// <param name="attached">The route at all of its listeners that are served.</param>
    /// <param name="resolved">The backends of its rules.</param>
    /// <returns>Why it is not added, by the name of the configuration's listener.</returns>
    public IReadOnlyDictionary<string, Problem> Add(IReadOnlyList<Attachment> attached, IReadOnlyList<IReadOnlyList<Backend>> resolved)
    {
        var problems = new Dictionary<string, Problem>();
        if (attached is [{ Route: var route }, ..])
        {
            var problem = HttpRule.Read(RulesOf(route), out var rules);
            foreach (var port in attached.GroupBy(static one => one.Slot.ListenerName))
            {
                if ((problem ?? Add([.. port], rules, resolved)) is { } found)
                {
                    problems[port.Key] = found;
                }
            }
        }

        return problems;
    }

    /// <summary>The rules of a route. Without any it has the API's default: every request, and no backend.</summary>
    public static IReadOnlyList<RouteRule> RulesOf(RouteObject route) =>
        route.Spec.Rules is { Count: > 0 } rules ? rules : [new RouteRule()];

    private Problem? Add(Attachment[] port, List<HttpRule> rules, IReadOnlyList<IReadOnlyList<Backend>> resolved)
    {
        var first = port[0];
        var names = HttpNames.Of(port, _ports[first.Slot.ListenerName]);
        if (names.Hosts.Count == 0)
        {
            return null;
        }

        if (names.Hosts.FirstOrDefault(static name => name.Length > 0 && HttpText.ProblemOfHostname(name) is not null) is { } bad)
        {
            return new("UnsupportedValue", $"{bad} is no host name");
        }

        var routes = new List<RouteConfig>();
        var clusters = new Dictionary<string, (ClusterConfig Cluster, string Origin)>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < rules.Count; i++)
        {
            var shares = new List<(string? Cluster, int Weight)>();
            foreach (var backend in resolved[i])
            {
                if (AddShare(port, backend, shares, clusters) is { } problem)
                {
                    return problem;
                }
            }

            AddRoutes(first, names, i, rules, shares, routes, clusters);
        }

        var refusal = routes.Select(route => refused.At($"ReverseProxy:Routes:{route.RouteId}"))
            .Concat(clusters.Keys.Select(name => refused.At($"ReverseProxy:Clusters:{name}")))
            .FirstOrDefault(static one => one is not null);
        if (refusal is not null)
        {
            return new("UnsupportedValue", refusal.Message);
        }

        Take(first, routes, clusters);
        return null;
    }

    private Problem? AddShare(
        Attachment[] port,
        Backend backend,
        List<(string? Cluster, int Weight)> shares,
        Dictionary<string, (ClusterConfig Cluster, string Origin)> clusters)
    {
        if (backend.Problem is not null)
        {
            shares.Add((null, backend.Weight));
            return null;
        }

        if (SourceIpOf(port, backend, out var sourceIp) is { } problem)
        {
            return new("UnsupportedValue", problem);
        }

        var name = $"service.{backend.Service.Namespace}.{backend.Service.Name}.{backend.Port}{sourceIp.Suffix}";
        clusters[name] = (
            new ClusterConfig
            {
                ClusterId = name,
                Destinations = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase)
                {
                    [Destination] = new() { Address = $"{ServiceAddress.Scheme}{backend.Service}:{backend.Port}" },
                },
                HttpRequest = backend.IsHttp2 ? Http2 : null,
                Metadata = sourceIp.Metadata,
            },
            $"{ApiNames.Service} {backend.Service}");
        shares.Add((name, backend.Weight));
        return null;
    }

    // The listeners of a port are one, and their policies may say different things.
    private string? SourceIpOf(Attachment[] port, Backend backend, out HttpSourceIp sourceIp)
    {
        sourceIp = new HttpSourceIp(null, "");
        var service = backends.Find(backend.Service)?.Metadata;
        for (var i = 0; i < port.Length; i++)
        {
            var (route, slot) = (port[i].Route, port[i].Slot);
            var choice = policies.SourceIpOf(port[i].Kind, route.Metadata, service, slot.Gateway.Metadata, slot.Spec.Name);
            var unsupported = HttpSourceIp.Read(choice.Config, out var own);
            if ((choice.Problem ?? unsupported) is { } problem)
            {
                return problem;
            }

            if (i > 0 && own.Suffix != sourceIp.Suffix)
            {
                return $"the listeners {port[0].Slot.Spec.Name} and {slot.Spec.Name} of port {slot.Spec.Port} say different things of how "
                    + "a backend learns the client's address: say it at the route or the Service";
            }

            sourceIp = own;
        }

        return null;
    }

    private static void AddRoutes(
        Attachment attached,
        HttpNames names,
        int index,
        List<HttpRule> rules,
        List<(string? Cluster, int Weight)> shares,
        List<RouteConfig> routes,
        Dictionary<string, (ClusterConfig Cluster, string Origin)> clusters)
    {
        var (rule, meta) = (rules[index], attached.Route.Metadata);
        var redirect = rule.Actions.RedirectOf(attached.Slot);
        var cluster = redirect is null ? shares.Find(static share => share.Cluster is not null).Cluster : null;
        if (cluster is null)
        {
            // YARP wants a cluster. This one has no destination, and no request gets as far.
            cluster = $"nobody.{meta.Namespace}.{meta.Name}";
            clusters[cluster] = (new ClusterConfig { ClusterId = cluster }, $"{attached.Kind} {meta.Key}");
        }

        for (var i = 0; i < rule.Matches.Count; i++)
        {
            var match = rule.Matches[i];
            var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
            {
                [ListenerMatcherPolicy.MetadataKey] = attached.Slot.ListenerName,
                [HttpRouteRule.PathKey] = (match.IsExact ? HttpRouteRule.Exact : HttpRouteRule.Prefix) + match.Path,
                [HttpRouteRule.AgeKey] = AgeOf(attached.Route, index, i),
            };
            if (names.NotHosts.Count > 0)
            {
                metadata[HttpRouteRule.NotHostsKey] = string.Join(',', names.NotHosts);
            }

            if (names.Listeners.Count > 0)
            {
                metadata[HttpRouteRule.ListenerNamesKey] = string.Join(',', names.Listeners);
            }

            if (redirect is not null)
            {
                metadata[HttpRouteRule.RedirectKey] = redirect.ToString();
            }
            else if (shares is not [{ Cluster: not null, Weight: > 0 }])
            {
                metadata[HttpRouteRule.BackendsKey] = WeightedBackends.Write(shares);
            }

            var isSplit = metadata.ContainsKey(HttpRouteRule.BackendsKey);
            var route = new RouteConfig
            {
                RouteId = attached.RouteName + Number(".r", index, rules.Count) + Number(".m", i, rule.Matches.Count),
                ClusterId = cluster,
                Match = match.Match with { Hosts = names.Hosts.Contains("") ? null : [.. names.Hosts.Select(HostPattern.ToYarp)] },
                Timeout = rule.Timeout,
                Transforms = (redirect is null && !isSplit ? rule.OfBackends[0] : rule.Actions).TransformsOf(match),
                Metadata = metadata,
            };
            if (isSplit && rule.OfBackends.Any(actions => actions != rule.Actions))
            {
                var own = OfShares(route, rule, match, shares);
                metadata[HttpRouteRule.BackendRoutesKey] = string.Join(',', own.Select(static one => one?.RouteId));
                routes.AddRange(own.OfType<RouteConfig>());
            }

            routes.Add(route);
        }
    }

    // Filters of a backendRef: the transforms of YARP are a route's, so each share has one, which matches nothing by itself.
    private static List<RouteConfig?> OfShares(
        RouteConfig route, HttpRule rule, HttpMatch match, List<(string? Cluster, int Weight)> shares) =>
    [
        .. shares.Select((share, i) => share is not { Cluster: not null, Weight: > 0 } ? null : route with
        {
            RouteId = string.Create(CultureInfo.InvariantCulture, $"{route.RouteId}.b{i}"),
            ClusterId = share.Cluster,
            Transforms = rule.OfBackends[i].TransformsOf(match),
            Metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
            {
                [ListenerMatcherPolicy.MetadataKey] = route.Metadata![ListenerMatcherPolicy.MetadataKey],
                [HttpRouteRule.PathKey] = route.Metadata[HttpRouteRule.PathKey],
                [HttpRouteRule.AgeKey] = route.Metadata[HttpRouteRule.AgeKey],
                [HttpRouteRule.ShareOfKey] = route.RouteId,
            },
        }),
    ];

    private void Take(
        Attachment attached, List<RouteConfig> routes, Dictionary<string, (ClusterConfig Cluster, string Origin)> clusters)
    {
        foreach (var route in routes)
        {
            _routes[route.RouteId] = route;
            _origins[$"ReverseProxy:Routes:{route.RouteId}"] = $"{attached.Kind} {attached.Route.Metadata.Key}";
        }

        foreach (var (name, (cluster, origin)) in clusters)
        {
            _clusters[name] = cluster;
            _origins[$"ReverseProxy:Clusters:{name}"] = origin;
        }
    }

    // The older route, then the name, then the order of rules: as a text whose ordinal order is this one.
    private static string AgeOf(RouteObject route, int rule, int match) => string.Create(
        CultureInfo.InvariantCulture,
        $"{route.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue:yyyy-MM-dd'T'HH:mm:ss} {route.Metadata.Key} {rule:D3} {match:D3}");

    private static string Number(string before, int index, int count) =>
        count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"{before}{index}");
}
