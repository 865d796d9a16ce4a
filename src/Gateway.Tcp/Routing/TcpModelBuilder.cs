using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Networks;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Routing;

/// <summary>Turns configuration into a <see cref="TcpModel"/>.</summary>
public static class TcpModelBuilder
{
    /// <summary>Builds a model.</summary>
    /// <param name="listeners">The Tcp listeners by name, each with its PROXY protocol section or null.</param>
    /// <param name="config">Validated routes and clusters: everything that they refer to exists.</param>
    /// <param name="networks">The section <c>Networks</c>.</param>
    /// <param name="toa">The Toa sections of the listeners that have one.</param>
    /// <param name="tls">The TLS settings of the configuration; null: none.</param>
    /// <param name="before">
    /// The model in force. Routes, clusters and destinations that stay the same keep their state. Null: there is no model yet.
    /// </param>
    /// <param name="sources">Finds what follows the addresses of a destination; null, or returns null: DNS.</param>
    /// <exception cref="KeyNotFoundException">
    /// A route refers to an object that does not exist, because the configuration was not validated.
    /// </exception>
    public static TcpModel Build(
        IReadOnlyDictionary<string, ProxyProtocolConfig?> listeners,
        TcpProxyConfig config,
        IReadOnlyDictionary<string, IReadOnlyList<string>> networks,
        IReadOnlyDictionary<string, ToaConfig>? toa = null,
        TlsSections? tls = null,
        TcpModel? before = null,
        Func<string, IAddressSource?>? sources = null)
    {
        ArgumentNullException.ThrowIfNull(listeners);
        ArgumentNullException.ThrowIfNull(config);
        var sections = tls ?? TlsSections.None;
        var clusterConfigs = new Dictionary<string, TcpClusterConfig>(config.Clusters, StringComparer.OrdinalIgnoreCase);
        var forwarded = config.Routes.Values.Where(route => SourceIpOf(route, clusterConfigs)?.Mode == SourceIpMode.Dnat)
            .Select(static route => route.ClusterId ?? "").ToHashSet(StringComparer.OrdinalIgnoreCase);
        var clusters = config.Clusters.ToDictionary(
            static entry => entry.Key,
            entry => new ClusterModel(
                entry.Key,
                entry.Value,
                networks,
                forwarded.Contains(entry.Key),
                before?.ClusterNamed(entry.Key),
                OpeningOf(entry.Key, config, clusterConfigs, sections),
                sources)
            {
                Tls = sections.Clients.GetValueOrDefault(entry.Key),
            },
            StringComparer.OrdinalIgnoreCase);
        var known = before?.Listeners.Values.SelectMany(static listener => listener.Routes)
            .ToDictionary(static route => route.Name, StringComparer.OrdinalIgnoreCase);
        var routes = config.Routes
            .Select(entry => Route(
                entry.Key, entry.Value, clusters, clusterConfigs, networks, sections, known?.GetValueOrDefault(entry.Key)))
            .ToLookup(static route => route.Listener, StringComparer.OrdinalIgnoreCase);
        return new TcpModel(
            listeners.ToDictionary(
                static entry => entry.Key,
                entry => new ListenerModel(entry.Key, [.. routes[entry.Key]])
                {
                    Policy = ProxyProtocolPolicy.From(entry.Value, networks),
                    Toa = ToaPolicy.From(toa?.GetValueOrDefault(entry.Key), networks),
                    ClientHello = HelloOf(entry.Key, sections, routes[entry.Key]),
                    Tls = sections.Servers.GetValueOrDefault(entry.Key),
                },
                StringComparer.OrdinalIgnoreCase),
            clusters);
    }

    private static ClientHelloPolicy? HelloOf(string listener, TlsSections tls, IEnumerable<RouteModel> routes)
    {
        var section = tls.ClientHellos.GetValueOrDefault(listener);
        var server = tls.Servers.GetValueOrDefault(listener);
        return section is null && server is null && !routes.Any(static route => route.NeedsClientHello)
            ? null
            : ClientHelloPolicy.From(section, server?.HandshakeTimeout);
    }

    // What the routes of a cluster send before a client's bytes. A header of a fallback does not count, because most connections come
    // without it.
    private static ExpectedOpening OpeningOf(
        string cluster, TcpProxyConfig config, Dictionary<string, TcpClusterConfig> clusters, TlsSections tls)
    {
        var expected = default(ExpectedOpening);
        foreach (var route in config.Routes.Values.Where(route => cluster.Equals(route.ClusterId, StringComparison.OrdinalIgnoreCase)))
        {
            if (SourceIpOf(route, clusters) is { Mode: SourceIpMode.ProxyProtocol } sourceIp
                && expected.Header != ProxyProtocolVersion.V2)
            {
                expected = expected with { Header = sourceIp.Version };
            }

            expected = expected with
            {
                AsksForTls = expected.AsksForTls
                    || tls.ClientHellos.GetValueOrDefault(route.Listener ?? "")?.StartTls == StartTlsProtocol.PostgreSql,
            };
        }

        return expected with { HasTls = tls.Clients.ContainsKey(cluster) };
    }

    // A cluster's SourceIp section is the default of the cluster's routes.
    private static SourceIpConfig? SourceIpOf(TcpRouteConfig route, Dictionary<string, TcpClusterConfig> clusters) =>
        route.SourceIp ?? clusters.GetValueOrDefault(route.ClusterId ?? "")?.SourceIp;

    private static RouteModel Route(
        string name,
        TcpRouteConfig config,
        Dictionary<string, ClusterModel> clusters,
        Dictionary<string, TcpClusterConfig> clusterConfigs,
        IReadOnlyDictionary<string, IReadOnlyList<string>> networks,
        TlsSections tls,
        RouteModel? before)
    {
        var cluster = clusters[config.ClusterId ?? ""];
        var sourceIp = SourceIpOf(config, clusterConfigs)
            ?? throw new KeyNotFoundException($"The route {name} has no SourceIp, nor has its cluster.");
        var clients = NetworkList.Resolve(config.Match?.ClientCidrs ?? [], networks);
        var match = config.Match is { } asked
            && (asked.DestinationCidrs.Count > 0 || asked.DestinationPorts.Count > 0 || asked.Tlvs.Count > 0 || asked.Alpn.Count > 0)
                ? new RouteMatch(
                    clients,
                    NetworkList.Resolve(asked.DestinationCidrs, networks),
                    asked.DestinationPorts,
                    asked.Tlvs.Count > 0 ? new TlvMatch(asked.Tlvs) : null,
                    asked.Alpn.Count > 0 ? asked.Alpn : null)
                : null;
        var listener = config.Listener ?? "";
        var scope = new RouteScope(name, listener, cluster.Name);
        var startTls = tls.ClientHellos.GetValueOrDefault(listener)?.StartTls ?? StartTlsProtocol.None;
        return RouteModel.From(name, config, listener, cluster, SourceIpModel.From(sourceIp, scope), clients, match, startTls, before);
    }
}
