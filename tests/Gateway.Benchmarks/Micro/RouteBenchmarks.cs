using System.Net;
using BenchmarkDotNet.Attributes;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Routing;

namespace Gateway.Benchmarks.Micro;

/// <summary>What choosing a route costs, by how many there are.</summary>
[MemoryDiagnoser]
public class RouteBenchmarks
{
    private readonly ConnectionIdentity _client = new()
    {
        Client = IPEndPoint.Parse("198.51.100.7:40000"),
        Peer = IPEndPoint.Parse("198.51.100.7:40000"),
        Local = IPEndPoint.Parse("192.0.2.1:443"),
        Source = IdentitySource.Socket,
    };

    private ListenerModel _listener = null!;

    [Params(1, 100, 10_000)]
    public int Routes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var sourceIp = new SourceIpConfig { Mode = SourceIpMode.None };
        var routes = Enumerable.Range(0, Routes - 1).ToDictionary(
            static i => $"r{i}",
            i => new TcpRouteConfig
            {
                Listener = "l",
                ClusterId = "c",
                SourceIp = sourceIp,
                Match = new TcpRouteMatchConfig { ClientCidrs = [$"10.{i >> 8 & 255}.{i & 255}.0/24"] },
            });
        routes["last"] = new TcpRouteConfig { Listener = "l", ClusterId = "c", SourceIp = sourceIp };
        var config = new TcpProxyConfig
        {
            Routes = routes,
            Clusters = new Dictionary<string, TcpClusterConfig>
            {
                ["c"] = new() { Destinations = new Dictionary<string, TcpDestinationConfig> { ["d"] = new() { Address = "127.0.0.1:1" } } },
            },
        };
        var model = TcpModelBuilder.Build(new Dictionary<string, ProxyProtocolConfig?> { ["l"] = null }, config, new Dictionary<string, IReadOnlyList<string>>());
        _listener = model.Listeners["l"];
    }

    [Benchmark]
    public RouteModel? Match() => _listener.Match(_client);
}
