using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Http.Backends.Clients;
using Gateway.ProxyProtocol;
using Gateway.Snapshots;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Tcp.SourceIp;
using Gateway.Tls;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Checks;

/// <summary>The destinations of a configuration, if the configuration itself names them.</summary>
internal static class BackendTargets
{
    // A backend that takes longer to accept is a finding. (The data plane's limit is that of SocketsHttpHandler.)
    private static readonly TimeSpan HttpConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The destinations in the file, TCP and HTTP, and the ports behind intercepting listeners.</summary>
    /// <param name="snapshot">A valid configuration.</param>
    /// <param name="hasIpv6">Whether IPv6 clients can come; null: if this host has IPv6 addresses.</param>
    public static IReadOnlyList<BackendTarget> Of(GatewaySnapshot snapshot, bool? hasIpv6 = null) =>
        [.. OfTcp(snapshot), .. OfOriginalPorts(snapshot, new Lazy<bool>(() => hasIpv6 ?? HasIpv6())), .. OfHttp(snapshot)];

    /// <summary>The destinations that cannot be checked because the file does not name them: key paths, and the reason for each.</summary>
    public static IEnumerable<(string KeyPath, string What)> Unnamed(GatewaySnapshot snapshot)
    {
        foreach (var route in RoutesTo(snapshot, TcpClusterType.OriginalDestination))
        {
            yield return ($"TcpProxy:Routes:{route.Name}:ClusterId", "not checked: its destinations are whatever clients connect to");
        }

        foreach (var route in RoutesTo(snapshot, TcpClusterType.OriginalPort))
        {
            foreach (var (keyPath, range) in PortsOf(snapshot, route).Where(port => port.Range.Count > 1))
            {
                yield return (keyPath,
                    $"not checked: a port of {range} may well have nobody; write those that have somebody as single ports");
            }
        }
    }

    // Without the Services of Kubernetes: their endpoints come and go, and each connection asks for them.
    private static IEnumerable<BackendTarget> OfTcp(GatewaySnapshot snapshot)
    {
        var routes = RoutesTo(snapshot, TcpClusterType.Static).ToLookup(route => route.Cluster.Name, StringComparer.OrdinalIgnoreCase);
        return from cluster in snapshot.Tcp.Clusters.Values
               where routes.Contains(cluster.Name)
               let tls = snapshot.Config.TcpProxy.Clusters[cluster.Name].Tls
               // Behind StartTls a backend wants to be asked in its protocol's own words first.
               let isVerified = tls is { DangerousAcceptAnyServerCertificate: false }
                   && !routes[cluster.Name].Any(route =>
                       snapshot.Config.Listeners[route.Listener].ClientHello is { StartTls: not StartTlsProtocol.None })
               from destination in cluster.Destinations
               where !ServiceAddress.IsUrl(destination.Address)
               select new BackendTarget(
                   $"TcpProxy:Clusters:{cluster.Name}:Destinations:{destination.Name}:Address",
                   destination.Host,
                   destination.Port,
                   cluster.ConnectTimeout,
                   [.. routes[cluster.Name].Select(route => UserOf(snapshot.Config, route))])
               {
                   IsWatched = snapshot.Config.TcpProxy.Clusters[cluster.Name].HealthCheck is { Active.Enabled: true },
                   CertificateName = isVerified ? tls!.ServerName ?? destination.Host : null,
                   Tls = snapshot.Tls.Sections.Clients.GetValueOrDefault(cluster.Name) as ClientTls,
               };
    }

    private static IEnumerable<BackendTarget> OfOriginalPorts(GatewaySnapshot snapshot, Lazy<bool> hasIpv6) =>
        from route in RoutesTo(snapshot, TcpClusterType.OriginalPort)
        let addresses = LoopbackOf(ListenAddress.Parse(snapshot.Config.Listeners[route.Listener].Address!), hasIpv6)
        from port in PortsOf(snapshot, route)
        where port.Range.Count == 1
        select new BackendTarget(
            port.KeyPath,
            addresses.Count == 1 ? addresses[0].ToString() : "localhost",
            port.Range.First,
            route.Cluster.ConnectTimeout,
            [UserOf(snapshot.Config, route)])
        {
            Loopback = addresses,
        };

    private static IEnumerable<BackendTarget> OfHttp(GatewaySnapshot snapshot) =>
        from config in new[] { snapshot.Config }
        from cluster in config.ReverseProxy.Clusters
        where config.ReverseProxy.Routes.Any(route => string.Equals(route.ClusterId, cluster.ClusterId, StringComparison.OrdinalIgnoreCase))
        let path = $"ReverseProxy:Clusters:{cluster.ClusterId}"
        let sourceIpConfig = ClusterSourceIp.Of(cluster.Metadata)?.Config ?? new SourceIpConfig()
        let sourceIp = SourceIpModel.From(sourceIpConfig)
        from destination in cluster.Destinations ?? new Dictionary<string, DestinationConfig>()
        where !ServiceAddress.IsUrl(destination.Value.Address)
        let uri = new Uri(destination.Value.Address)
        let isVerified = uri.Scheme == Uri.UriSchemeHttps && cluster.HttpClient?.DangerousAcceptAnyServerCertificate != true
        select new BackendTarget(
            $"{path}:Destinations:{destination.Key}:Address",
            uri.IdnHost.Trim('[', ']'),
            uri.Port,
            HttpConnectTimeout,
            [
                new BackendUser($"{path}:Metadata:{ClusterSourceIp.Prefix}Mode", sourceIp, [])
                {
                    HeaderBytes = HeaderBytes(sourceIpConfig, sourceIp, config.Listeners.Values),
                },
            ])
        {
            CertificateName = isVerified ? destination.Value.Host ?? uri.IdnHost.Trim('[', ']') : null,
            Tls = snapshot.Tls.HttpClusters.GetValueOrDefault(cluster.ClusterId),
            IsHttp = true,
        };

    private static IEnumerable<RouteModel> RoutesTo(GatewaySnapshot snapshot, TcpClusterType type) =>
        snapshot
            .Tcp.Listeners.Values.SelectMany(listener => listener.Routes)
            .Where(route => snapshot.Config.TcpProxy.Clusters[route.Cluster.Name].Type == type);

    private static BackendUser UserOf(GatewayConfig config, RouteModel route) =>
        new($"TcpProxy:Routes:{route.Name}:SourceIp:Mode", route.SourceIp, route.ClientNetworks)
        {
            HeaderBytes = HeaderBytes(
                config.TcpProxy.Routes[route.Name].SourceIp ?? config.TcpProxy.Clusters[route.Cluster.Name].SourceIp!,
                route.SourceIp,
                [config.Listeners[route.Listener]]),
        };

    // TLVs that are passed on came in a header that the listener accepted, so its size limit holds for them. Added TLVs come on top.
    // Placeholders of the route are short.
    private static int HeaderBytes(SourceIpConfig written, SourceIpModel sourceIp, IEnumerable<ListenerConfig> listeners)
    {
        if (sourceIp.Version == ProxyProtocolVersion.V1)
        {
            return 0;
        }

        var passed = written.PassThroughTlvs.Count == 0 ? 0 : listeners.Max(listener => listener.ProxyProtocol?.MaxHeaderBytes ?? 0);
        var added = AddedTlvs.MaxLength(written.AddTlvs, default);
        return passed + added == 0 ? 0 : Math.Min(Math.Max(passed, ProxyHeaderWriter.MinV2Length) + added, sourceIp.MaxHeaderBytes);
    }

    private static IEnumerable<(string KeyPath, PortRange Range)> PortsOf(GatewaySnapshot snapshot, RouteModel route) =>
        snapshot
            .Config.TcpProxy.Routes[route.Name]
            .Match!.DestinationPorts.Select((range, i) => ($"TcpProxy:Routes:{route.Name}:Match:DestinationPorts:{i}", range));

    // A diverted client is connected to the loopback address of its own family.
    private static List<IPAddress> LoopbackOf(ListenAddress listener, Lazy<bool> hasIpv6)
    {
        var isIpv6 = listener.EndPoint.AddressFamily == AddressFamily.InterNetworkV6;
        var addresses = new List<IPAddress>();
        if (!isIpv6 || listener.DualMode)
        {
            addresses.Add(IPAddress.Loopback);
        }

        if (isIpv6 && (!listener.DualMode || hasIpv6.Value))
        {
            addresses.Add(IPAddress.IPv6Loopback);
        }

        return addresses;
    }

    // Link-local addresses do not count, because a pod of an IPv4 cluster may have them, and its application need not listen on IPv6.
    private static bool HasIpv6() =>
        NetworkInterface
            .GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Any(address =>
                address.Address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv6LinkLocal: false } ip && !IPAddress.IsLoopback(ip));
}
