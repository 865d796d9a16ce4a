using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Observability;

/// <summary>
/// The names of configurations that become label values, as sets: the metrics SDK keeps the series of everything that was ever counted, so
/// names of earlier configurations take room too.
/// </summary>
internal sealed class SeriesNames
{
    private readonly HashSet<string> _listeners = new(StringComparer.OrdinalIgnoreCase) { "Probes", "Admin" };
    private readonly HashSet<string> _clusters = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _destinations = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _routes = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _routeDestinations = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _httpRoutes = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _httpRouteDestinations = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Listeners.</summary>
    public int Listeners => _listeners.Count;

    /// <summary>Clusters, TCP and HTTP.</summary>
    public int Clusters => _clusters.Count;

    /// <summary>Destinations, TCP and HTTP.</summary>
    public int Destinations => _destinations.Count;

    /// <summary>TCP routes.</summary>
    public int Routes => _routes.Count;

    /// <summary>TCP routes with each of their destinations.</summary>
    public int RouteDestinations => _routeDestinations.Count;

    /// <summary>HTTP routes.</summary>
    public int HttpRoutes => _httpRoutes.Count;

    /// <summary>HTTP listeners with each of their routes with each of its destinations.</summary>
    public int HttpRouteDestinations => _httpRouteDestinations.Count;

    /// <summary>Adds the names of a configuration.</summary>
    public void Add(GatewayConfig config)
    {
        _listeners.UnionWith(config.Listeners.Keys);
        foreach (var (name, cluster) in config.TcpProxy.Clusters)
        {
            Add(name, DestinationsOf(cluster));
        }

        foreach (var (name, route) in config.TcpProxy.Routes)
        {
            _routes.Add($"{route.Listener}/{name}");
            var destinations = config.TcpProxy.Clusters.GetValueOrDefault(route.ClusterId ?? "") is { } cluster
                ? DestinationsOf(cluster)
                : [];
            _routeDestinations.UnionWith(destinations.Select(destination => $"{route.Listener}/{name}/{destination}"));
        }

        AddHttp(config);
    }

    private void AddHttp(GatewayConfig config)
    {
        foreach (var cluster in config.ReverseProxy.Clusters)
        {
            Add(cluster.ClusterId, cluster.Destinations?.Keys ?? []);
        }

        _httpRoutes.UnionWith(config.ReverseProxy.Routes.Select(static route => route.RouteId));
        _httpRouteDestinations.UnionWith(HttpPathsOf(config).Select(static path => $"{path.Listener}/{path.Route}/{path.Destination}"));
    }

    /// <summary>The ways that a request can take, by name.</summary>
    public static IEnumerable<(string Listener, string Route, string Cluster, string Destination)> HttpPathsOf(GatewayConfig config)
    {
        var clusters = config.ReverseProxy.Clusters.ToDictionary(
            static cluster => cluster.ClusterId,
            static cluster => cluster.Destinations?.Keys.ToArray() ?? [],
            StringComparer.OrdinalIgnoreCase);
        var listeners = config
            .Listeners.Where(static listener => listener.Value.Protocol == ListenerProtocol.Http)
            .Select(static listener => listener.Key)
            .ToArray();
        return from route in config.ReverseProxy.Routes
               from destination in clusters.GetValueOrDefault(route.ClusterId ?? "") ?? []
               from listener in ServedOn(route.Metadata, listeners)
               select (listener, route.RouteId, route.ClusterId!, destination);
    }

    private static string[] ServedOn(IReadOnlyDictionary<string, string>? metadata, string[] all) =>
        metadata?.GetValueOrDefault("Listeners") is { } named
            ? named.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : all;

    private static IReadOnlyCollection<string> DestinationsOf(TcpClusterConfig cluster) =>
        cluster.Type == TcpClusterType.Static ? [.. cluster.Destinations.Keys] : ["original"];

    private void Add(string cluster, IEnumerable<string> destinations)
    {
        _clusters.Add(cluster);
        _destinations.UnionWith(destinations.Select(destination => $"{cluster}/{destination}"));
    }
}
