using System.Globalization;
using Gateway.Configuration;
using Gateway.Http.GatewayApi;
using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>Writes the entries of the configuration that attached routes need.</summary>
/// <param name="policies">The policies.</param>
/// <param name="backends">The Services.</param>
/// <param name="slots">The listeners.</param>
/// <param name="refused">The entries to leave out.</param>
internal sealed class EntryWriter(Policies policies, Backends backends, ListenerSlots slots, RefusedEntries refused)
{
    private readonly ILookup<string, ListenerSlot> _ports =
        slots.All.Where(static slot => slot is { Rejection: null, Conflict: null }).ToLookup(static slot => slot.ListenerName);
    private readonly Dictionary<string, ListenerConfig> _listeners = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, TcpRouteConfig> _routes = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, TcpClusterConfig> _clusters = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _origins = new(StringComparer.OrdinalIgnoreCase);

    // Which server names of a listener have a route already. A TCP listener has one name, which stands for all connections.
    private readonly HashSet<(string Listener, string Name)> _taken = [];

    // How the backends of a route learn the client's address, by the route's name: listeners of one port may have policies of their own,
    // and then the names of each have an entry.
    private readonly Dictionary<string, List<SourceIpConfig[]>> _sourceIps = [];

    /// <summary>The listeners.</summary>
    public IReadOnlyDictionary<string, ListenerConfig> Listeners => _listeners;

    /// <summary>The routes.</summary>
    public IReadOnlyDictionary<string, TcpRouteConfig> Routes => _routes;

    /// <summary>The clusters.</summary>
    public IReadOnlyDictionary<string, TcpClusterConfig> Clusters => _clusters;

    /// <summary>The object of each entry, by key path.</summary>
    public IReadOnlyDictionary<string, string> Origins => _origins;

    /// <summary>
    /// Adds a route at a listener. Of several routes with the same server name the first one that is added gets the connections.
    /// </summary>
    /// <param name="attached">The route and the listener.</param>
    /// <param name="resolved">The route's backends.</param>
    /// <returns>Why it is not added; null: it is, or an older route has all its connections.</returns>
    public Problem? Add(Attachment attached, IReadOnlyList<Backend> resolved)
    {
        var slot = attached.Slot;
        var routes = new List<(string Name, TcpRouteConfig Route)>();
        var split = resolved.Count > 1 || resolved is [{ Weight: 0 }];
        SourceIpChoice[] sourceIps = [.. resolved.Select(backend => SourceIpOf(attached, backend))];
        if (sourceIps.FirstOrDefault(static one => one.Problem is not null) is { } wrong)
        {
            return new("UnsupportedValue", wrong.Problem!);
        }

        var entry = EntryOf(attached.RouteName, [.. sourceIps.Select(static one => one.Config)]);
        for (var i = 0; i < resolved.Count; i++)
        {
            var backend = resolved[i];
            var name = split ? $"{entry}.b{i}" : entry;
            var cluster = ClusterNameOf(attached, backend);
            if ((refused.At($"TcpProxy:Routes:{name}") ?? refused.At($"TcpProxy:Clusters:{cluster}")) is { } refusal)
            {
                return new("UnsupportedValue", refusal.Message);
            }

            routes.Add((name, new TcpRouteConfig
            {
                Listener = slot.ListenerName,
                ClusterId = cluster,
                Weight = split ? backend.Weight : null,
                SourceIp = sourceIps[i].Config,
            }));
        }

        string[] names =
        [
            .. (attached.Names is [] ? [""] : attached.Names)
                .Where(name => !_ports[slot.ListenerName].Any(other =>
                    IsNarrower(other.Hostname, slot.Hostname) && HostPattern.Covers(other.Hostname, name)))
                .Where(name => _taken.Add((slot.ListenerName, name))),
        ];
        if (names.Length > 0)
        {
            Write(attached, routes, names);
            foreach (var backend in resolved)
            {
                AddCluster(attached, backend);
            }
        }

        return null;
    }

    /// <summary>
    /// Adds the listeners that have routes. A port without a route is not opened, because nobody would take its connections.
    /// </summary>
    /// <param name="http">The names of listeners that have HTTPRoutes.</param>
    public void AddListeners(IEnumerable<string> http)
    {
        var served = _routes.Values.Select(static route => route.Listener).Concat(http).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var port in slots.All.Where(static slot => slot.IsServed).GroupBy(static slot => slot.ListenerName))
        {
            if (served.Contains(port.Key))
            {
                _listeners[port.Key] = ListenerOf([.. port]);
                _origins[$"Listeners:{port.Key}"] = $"{ApiNames.Gateway} {port.First().Gateway.Metadata.Key}";
                CloseWithoutRoute(port.Key);
            }
        }
    }

    // Connections for a listener that has no route must not fall to the route of a listener with a wider name, which may be another team's.
    private void CloseWithoutRoute(string listener)
    {
        foreach (var slot in _ports[listener].Where(slot => slot.Mode is ListenerMode.Passthrough or ListenerMode.Terminate
            && _ports[listener].Any(other => IsNarrower(slot.Hostname, other.Hostname))
            && _taken.Add((listener, slot.Hostname))))
        {
            var gateway = slot.Gateway.Metadata;
            var (cluster, origin) = ($"nobody.{gateway.Namespace}.{gateway.Name}", $"{ApiNames.Gateway} {gateway.Key}");
            var name = $"{cluster}.{slot.Spec.Port}.{slot.Spec.Name}";
            _routes[name] = new TcpRouteConfig { Listener = listener, ClusterId = cluster, Match = MatchOf([slot.Hostname]) };
            _clusters[cluster] = KubernetesCluster.Nobody(gateway.Namespace);
            _origins[$"TcpProxy:Routes:{name}"] = _origins[$"TcpProxy:Clusters:{cluster}"] = origin;
        }
    }

    private SourceIpChoice SourceIpOf(Attachment attached, Backend backend) => policies.SourceIpOf(
        attached.Kind,
        attached.Route.Metadata,
        backend.Problem is null ? backends.Find(backend.Service)?.Metadata : null,
        attached.Slot.Gateway.Metadata,
        attached.Slot.Spec.Name);

    private string EntryOf(string route, SourceIpConfig[] sourceIps)
    {
        if (!_sourceIps.TryGetValue(route, out var known))
        {
            _sourceIps[route] = known = [];
        }

        var index = known.FindIndex(sourceIps.SequenceEqual);
        if (index < 0)
        {
            index = known.Count;
            known.Add(sourceIps);
        }

        return index == 0 ? route : string.Create(CultureInfo.InvariantCulture, $"{route}.p{index}");
    }

    private static bool IsNarrower(string name, string than) => name != than && HostPattern.Covers(than, name);

    private void Write(Attachment attached, List<(string Name, TcpRouteConfig Route)> routes, string[] names)
    {
        var match = names.Contains("") ? null : MatchOf(names);
        foreach (var (name, route) in routes)
        {
            // A route can be attached to several listeners with the same port: its entry has the names of all of them.
            var before = _routes.GetValueOrDefault(name);
            _routes[name] = route with { Match = before is null ? match : Join(before.Match, match) };
            _origins[$"TcpProxy:Routes:{name}"] = $"{attached.Kind} {attached.Route.Metadata.Key}";
        }
    }

    // An asterisk of the Gateway API stands for several labels too.
    private static TcpRouteMatchConfig MatchOf(string[] names) =>
        new() { ServerNames = [.. names.Select(static name => HostPattern.IsWildcard(name) ? $"*{name}" : name)] };

    private static TcpRouteMatchConfig? Join(TcpRouteMatchConfig? one, TcpRouteMatchConfig? other) =>
        one is null || other is null ? null : new TcpRouteMatchConfig { ServerNames = [.. one.ServerNames, .. other.ServerNames] };

    // A backend that cannot be used gets a cluster of its own, which has no destination: its share of connections is refused.
    private static string ClusterNameOf(Attachment attached, Backend backend) => backend.Problem is null
        ? $"service.{backend.Service.Namespace}.{backend.Service.Name}.{backend.Port}"
        : $"nobody.{attached.Route.Metadata.Namespace}.{attached.Route.Metadata.Name}";

    private void AddCluster(Attachment attached, Backend backend)
    {
        var (name, route) = (ClusterNameOf(attached, backend), attached.Route.Metadata);
        var isGood = backend.Problem is null;
        _clusters[name] = isGood ? KubernetesCluster.Of(backend) : KubernetesCluster.Nobody(route.Namespace);
        _origins[$"TcpProxy:Clusters:{name}"] = isGood ? $"{ApiNames.Service} {backend.Service}" : $"{attached.Kind} {route.Key}";
    }

    private static ListenerConfig ListenerOf(ListenerSlot[] slots)
    {
        var first = slots[0];
        var anyName = slots.FirstOrDefault(static slot => string.IsNullOrEmpty(slot.Spec.Hostname));
        var certificates = slots.SelectMany(static slot => slot.Certificates)
            .DistinctBy(static certificate => certificate.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(StringComparer.OrdinalIgnoreCase);
        return new ListenerConfig
        {
            Address = $"*:{first.Spec.Port}",
            Protocol = first.Mode switch
            {
                ListenerMode.Terminate => ListenerProtocol.Tls,
                ListenerMode.Http => ListenerProtocol.Http,
                ListenerMode.Https => ListenerProtocol.Https,
                _ => ListenerProtocol.Tcp,
            },
            ProxyProtocol = first.Policy?.ProxyProtocol,
            ForwardedHeaders = first.Policy?.ForwardedHeaders,
            Tls = !first.EndsTls ? null : new ListenerTlsConfig
            {
                Certificates = certificates,
                DefaultCertificate = anyName?.Certificates.Keys.First(),
            },
        };
    }
}
