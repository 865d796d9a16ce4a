using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>
/// The rules that <c>Gateway redirect</c> installs, derived from a configuration and the ports of the host's own connections.
/// </summary>
/// <param name="Diversions">One diversion for each intercepting listener that gets diverted connections.</param>
internal sealed record RedirectPlan(IReadOnlyList<Diversion> Diversions)
{
    private const int FingerprintBytes = 6;

    /// <summary>A hash of everything that the plan installs. It tells plans apart.</summary>
    public string Fingerprint
    {
        get
        {
            var rules = Diversions
                .SelectMany(diversion =>
                    DiversionRule.For(diversion).Select(rule => rule.Nft).Prepend($"{diversion.Direction} {diversion.Mode}"))
                .Concat(HostProgram.AllFamilies.SelectMany(family => ReturnRoutes.Rules(this, family)).Select(rule => rule.Rule));
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rules))).AsSpan(0, FingerprintBytes));
        }
    }

    /// <summary>Whether answers of any backend must be brought back to the gateway.</summary>
    public bool TurnsReplies => Diversions.Any(diversion => diversion.ReplyPorts.Count > 0);

    /// <summary>Derives the plan.</summary>
    /// <param name="config">A valid configuration, resolved.</param>
    /// <param name="local">The ports of the host's own connections.</param>
    public static RedirectPlan From(GatewayConfig config, EphemeralPorts local) =>
        new([.. config.Listeners.Where(listener => listener.Value.Intercept is not null)
            .Select(listener => From(config, local, listener.Key, listener.Value)).Where(diversion => diversion.Traffic.Count > 0)]);

    private static Diversion From(GatewayConfig config, EphemeralPorts local, string name, ListenerConfig listener)
    {
        var capture = listener.Capture;
        var isInbound = capture.Direction == CaptureDirection.Inbound;
        var routes = config.TcpProxy.Routes.Values.Where(route => name.Equals(route.Listener, StringComparison.OrdinalIgnoreCase)).ToList();
        var excluded = capture.ExcludePorts.Concat(isInbound ? OwnPorts(config) : []).ToList();
        var traffic = routes.Select(route => TrafficOf(route, excluded, isInbound ? local.ServerPorts : [PortRange.All])).ToList();
        return new Diversion
        {
            Listener = name,
            Target = ListenAddress.Parse(listener.Address!),
            Mode = listener.Intercept!.Value,
            Direction = capture.Direction,
            Traffic = [.. traffic.Where(part => part.Ports.Count > 0).DistinctBy(part => part.ToString())],
            ExcludedNetworks = [.. capture.ExcludeCidrs.Select(IPNetwork.Parse)],
            ExcludedUids = capture.ExcludeUids,
            OwnMarks = isInbound
                ? []
                : [.. SourceIps(config).Select(sourceIp => sourceIp.Mark ?? 0).Where(mark => mark != 0).Distinct().Order()],
            Mark = listener.Intercept == InterceptMode.TProxy ? capture.Mark : 0,
            ReplyPorts = isInbound
                ? PortRanges.Join(routes.Zip(traffic).SelectMany(pair => ReplyPortsOf(config, pair.First, pair.Second)))
                : [],
        };
    }

    private static DivertedTraffic TrafficOf(TcpRouteConfig route, IReadOnlyList<PortRange> excluded, IReadOnlyList<PortRange> unlessGiven)
    {
        var ports = route.Match is { DestinationPorts.Count: > 0 } match ? match.DestinationPorts : unlessGiven;
        return new DivertedTraffic(PortRanges.Subtract(ports, excluded), [.. route.Match?.DestinationCidrs.Select(IPNetwork.Parse) ?? []]);
    }

    // The ports of Probes, Admin and other listeners of the gateway, which are not diverted. Loopback listeners are left out, because
    // connections from outside cannot reach them anyway.
    private static IEnumerable<PortRange> OwnPorts(GatewayConfig config) =>
        config
            .Listeners.Values.Select(listener => listener.Address)
            .Append(config.Probes?.Address)
            .Append(config.Admin?.Address)
            .OfType<string>()
            .Select(ListenAddress.Parse)
            .Where(address => !IPAddress.IsLoopback(address.EndPoint.Address) && address.EndPoint.Port != 0)
            .Select(address => new PortRange(address.EndPoint.Port, address.EndPoint.Port));

    private static IEnumerable<PortRange> ReplyPortsOf(GatewayConfig config, TcpRouteConfig route, DivertedTraffic traffic)
    {
        var cluster = config.TcpProxy.Clusters[route.ClusterId!];
        if ((route.SourceIp ?? cluster.SourceIp)?.Mode != SourceIpMode.Transparent)
        {
            return [];
        }

        if (cluster.Type != TcpClusterType.Static)
        {
            return traffic.Ports;
        }

        return cluster
            .Destinations.Values.Select(destination =>
                DestinationAddress.Read(destination.Address!, out var address) is null ? address : null)
            .OfType<DestinationAddress>()
            .Where(address =>
                address.Ip is { } ip ? IPAddress.IsLoopback(ip) : address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            .Select(address => new PortRange(address.Port, address.Port));
    }

    private static IEnumerable<SourceIpConfig> SourceIps(GatewayConfig config) =>
        config
            .TcpProxy.Routes.Values.Select(route => route.SourceIp)
            .Concat(config.TcpProxy.Clusters.Values.Select(cluster => cluster.SourceIp))
            .OfType<SourceIpConfig>();
}
