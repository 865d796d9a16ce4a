using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Loading;

/// <summary>
/// Prepares a valid configuration for its readers: network names become CIDRs, and references get the spelling of the declaration.
/// </summary>
internal static class ConfigResolver
{
    /// <summary>Resolves a configuration without errors.</summary>
    /// <param name="config">The configuration as bound.</param>
    public static GatewayConfig Resolve(GatewayConfig config)
    {
        var listeners = Select(config.Listeners, listener => listener with
        {
            ProxyProtocol = Resolve(listener.ProxyProtocol, config),
            Toa = listener.Toa is { } toa ? toa with { TrustedProxies = Cidrs(toa.TrustedProxies, config) } : null,
            ForwardedHeaders = listener.ForwardedHeaders is { TrustedProxies: { } proxies } headers
                ? headers with { TrustedProxies = Cidrs(proxies, config) }
                : listener.ForwardedHeaders,
            Access = listener.Access is { } access
                ? access with { Allow = Cidrs(access.Allow, config), Deny = Cidrs(access.Deny, config) }
                : null,
            Capture = listener.Capture with { ExcludeCidrs = Cidrs(listener.Capture.ExcludeCidrs, config) },
        });
        var listenerNames = Names(config.Listeners);
        var clusterNames = Names(config.TcpProxy.Clusters);
        var routes = Select(config.TcpProxy.Routes, route => route with
        {
            Listener = Declared(route.Listener, listenerNames),
            ClusterId = Declared(route.ClusterId, clusterNames),
            Match = route.Match is { } match
                ? match with { ClientCidrs = Cidrs(match.ClientCidrs, config), DestinationCidrs = Cidrs(match.DestinationCidrs, config) }
                : null,
        });
        var clusters = Select(
            config.TcpProxy.Clusters,
            cluster => WithService(cluster) with { AllowedDestinations = Cidrs(cluster.AllowedDestinations, config) });
        return config with
        {
            Listeners = listeners,
            TcpProxy = config.TcpProxy with { Routes = routes, Clusters = clusters },
            Probes = config.Probes is { } probes ? probes with { ProxyProtocol = Resolve(probes.ProxyProtocol, config) } : null,
        };
    }

    // A Service is one destination with many addresses, as a name is. So a cluster of Type Kubernetes is a cluster with this destination.
    private static TcpClusterConfig WithService(TcpClusterConfig cluster) =>
        cluster is { Type: TcpClusterType.Kubernetes, Service: { } text } && ServiceAddress.Read(text, out var service) is null
            ? cluster with
            {
                Type = TcpClusterType.Static,
                Destinations = new Dictionary<string, TcpDestinationConfig>
                {
                    [service!.Name] = new() { Address = ServiceAddress.Scheme + service },
                },
            }
            : cluster;

    private static ProxyProtocolConfig? Resolve(ProxyProtocolConfig? policy, GatewayConfig config) => policy is null ? null : policy with
    {
        TrustedProxies = Cidrs(policy.TrustedProxies, config),
        HealthCheckers = Cidrs(policy.HealthCheckers, config),
    };

    private static IReadOnlyList<string> Cidrs(IReadOnlyList<string> list, GatewayConfig config) =>
        [.. Cidr.Expand(list, config.Networks).Select(network => network.ToString())];

    // Names are compared without case, but logs and metrics should show one spelling.
    private static string? Declared(string? name, HashSet<string> declared) =>
        name is not null && declared.TryGetValue(name, out var spelling) ? spelling : name;

    private static HashSet<string> Names<T>(IReadOnlyDictionary<string, T> entries) => new(entries.Keys, StringComparer.OrdinalIgnoreCase);

    private static Dictionary<string, T> Select<T>(IReadOnlyDictionary<string, T> source, Func<T, T> selector) =>
        source.ToDictionary(pair => pair.Key, pair => selector(pair.Value), StringComparer.OrdinalIgnoreCase);
}
