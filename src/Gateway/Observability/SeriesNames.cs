using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Observability;

/// <summary>
/// The names in configurations that become label values. The sets keep names of earlier configurations, because the metrics SDK keeps every
/// series that was ever counted, and these take room, too.
/// </summary>
internal sealed class SeriesNames
{
    private readonly HashSet<string> _listeners = new(StringComparer.OrdinalIgnoreCase) { "Probes", "Admin" };
    private readonly HashSet<string> _clusters = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _destinations = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _certificates = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _routes = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _routeDestinations = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _httpRoutes = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _httpRouteDestinations = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The number of listeners.</summary>
    public int Listeners => _listeners.Count;

    /// <summary>The number of clusters, TCP and HTTP.</summary>
    public int Clusters => _clusters.Count;

    /// <summary>The number of destinations, TCP and HTTP.</summary>
    public int Destinations => _destinations.Count;

    /// <summary>The certificates and CAs of listeners, and two for each cluster, which may have both.</summary>
    public int Certificates => _certificates.Count + (2 * _clusters.Count);

    /// <summary>The number of TCP routes.</summary>
    public int Routes => _routes.Count;

    /// <summary>The number of pairs of a TCP route and one of its destinations.</summary>
    public int RouteDestinations => _routeDestinations.Count;

    /// <summary>The number of HTTP routes.</summary>
    public int HttpRoutes => _httpRoutes.Count;

    /// <summary>The number of combinations of an HTTP listener, a route on it and a destination of the route.</summary>
    public int HttpRouteDestinations => _httpRouteDestinations.Count;

    /// <summary>Adds the names of a configuration.</summary>
    public void Add(GatewayConfig config)
    {
        _listeners.UnionWith(config.Listeners.Keys);
        foreach (var (name, listener) in config.Listeners)
        {
            _certificates.UnionWith(listener.Tls?.Certificates.Keys.Append("").Select(certificate => $"{name}/{certificate}") ?? []);
        }

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

    /// <summary>The paths that an HTTP request can take through the gateway, as names.</summary>
    public static IEnumerable<(string Listener, string Route, string Cluster, string Destination)> HttpPathsOf(GatewayConfig config)
    {
        var clusters = config.ReverseProxy.Clusters.ToDictionary(
            static cluster => cluster.ClusterId,
            static cluster => cluster.Destinations?.Keys.ToArray() ?? [],
            StringComparer.OrdinalIgnoreCase);
        var listeners = config
            .Listeners.Where(static listener => listener.Value.IsHttp)
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
