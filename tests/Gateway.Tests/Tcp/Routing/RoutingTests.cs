using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Routing;
using Gateway.Tests.Tcp.Pipeline;

namespace Gateway.Tests.Tcp.Routing;

public sealed class RoutingTests
{
    [Theory]
    [InlineData("203.0.113.7", "narrow")]
    [InlineData("::ffff:203.0.113.7", "narrow")]
    [InlineData("203.0.113.8", "wide")]
    [InlineData("198.51.100.1", "first")]
    [InlineData("192.0.2.1", "any")]
    [InlineData("2001:db8::1", "v6")]
    [InlineData("2001:db9::1", "any")]
    public void Match_OrderThenSpecificity_Decide(string client, string route)
    {
        var listener = Build(
            ("any", 0, []),
            ("wide", 0, ["203.0.113.0/24", "198.51.100.0/24"]),
            ("narrow", 0, ["203.0.113.7/32"]),
            ("v6", 0, ["docs"]),
            ("first", -1, ["198.51.100.0/25"]),
            ("last", 5, ["192.0.2.1/32"]));
        Assert.Equal(route, listener.Match(Identity(client))!.Name);
    }

    [Fact]
    public void Rank_OfRoutes_IsTheOrderInWhichTheyMatch()
    {
        var listener = Build(
            ("last", 5, ["192.0.2.1/32"]),
            ("any", 0, []),
            ("wide", 0, ["203.0.113.0/24"]),
            ("narrow", 0, ["203.0.113.7/32"]),
            ("first", -1, []));

        Assert.Equal(
            ["first", "narrow", "wide", "any", "last"], listener.Routes.Order(RouteRank.Comparer).Select(static route => route.Name));
    }

    [Fact]
    public void Match_EarlierOrderWithoutCidrs_TakesAll() =>
        Assert.Equal("all", Build(("all", 0, []), ("narrow", 1, ["203.0.113.7/32"])).Match(Identity("203.0.113.7"))!.Name);

    [Theory]
    [InlineData("a.example.com", "exact")]
    [InlineData("b.example.com", "one")]
    [InlineData("a.b.example.com", "several")]
    [InlineData("a.deep.example.com", "deeper")]
    [InlineData("a.b.deep.example.com", "deeper")]
    [InlineData("x.com", "com")]
    [InlineData("deep.example.com", "one")]
    [InlineData("example.com", "com")]
    [InlineData("com", null)]
    [InlineData("example.org", null)]
    [InlineData("a.notexample.com", "com")]
    public void Match_ServerNames_TheNarrowestWins(string asked, string? route)
    {
        var listener = BuildMatches([.. new[]
        {
            ("com", "**.com"), ("several", "**.example.com"), ("deeper", "**.deep.example.com"), ("one", "*.example.com"),
            ("exact", "a.example.com"),
        }.Select(static entry => (entry.Item1, 0, new TcpRouteMatchConfig { ServerNames = [entry.Item2] }))]);

        Assert.Equal(route, listener.Match(Identity("192.0.2.1") with { Hello = new ClientHello(asked, [], 0, EcdsaCurves.None) })?.Name);
        Assert.Equal(
            ["exact", "one"], listener.Routes.Order(RouteRank.Comparer).Select(static one => one.Name).Take(2));
    }

    [Fact]
    public void Match_NoRouteForTheClient_IsNull()
    {
        var listener = Build(("v4", 0, ["0.0.0.0/0"]));
        Assert.Equal("v4", listener.Match(Identity("203.0.113.7"))!.Name);
        Assert.Null(listener.Match(Identity("2001:db8::1")));
    }

    [Fact]
    public void Match_TenThousandRoutes_EachIsFound()
    {
        var listener = Build([.. Enumerable.Range(0, 10_000).Select(static index => ($"r{index}", index % 7, new[] { $"10.{index / 256}.{index % 256}.0/24" }))]);
        for (var index = 0; index < 10_000; index++)
        {
            Assert.Equal($"r{index}", listener.Match(Identity($"10.{index / 256}.{index % 256}.9"))!.Name);
        }
    }

    [Theory]
    [InlineData("203.0.113.7", "10.0.0.1:8080", "client")] // the client's prefix decides first
    [InlineData("198.51.100.1", "10.0.0.1:8080", "address")] // then the destination's
    [InlineData("198.51.100.1", "10.0.9.1:8080", "port")] // then the fewest ports
    [InlineData("198.51.100.1", "10.0.9.1:8081", "ports")]
    [InlineData("198.51.100.1", "10.0.9.1:9999", "any")]
    [InlineData("198.51.100.1", "10.0.9.1:7000", "first")]
    [InlineData("2001:db8::1", "[2001:db8::2]:443", "any")]
    public void Match_ByDestination_OrderThenSpecificityDecide(string client, string destination, string route)
    {
        var listener = BuildMatches(
            ("any", 0, new()),
            ("ports", 0, new() { DestinationPorts = [new(8000, 8999)] }),
            ("port", 0, new() { DestinationPorts = [new(8080, 8080), new(9000, 9001)] }),
            ("address", 0, new() { DestinationCidrs = ["10.0.0.0/24"] }),
            ("client", 0, new() { ClientCidrs = ["203.0.113.0/24"] }),
            ("first", -1, new() { DestinationPorts = [new(7000, 7000)] }));
        Assert.Equal(route, listener.Match(Identity(client, destination))!.Name);
    }

    [Fact]
    public void Match_DestinationOfAHeader_GoesBeforeTheSockets()
    {
        var listener = BuildMatches(("https", 0, new() { DestinationPorts = [new(443, 443)] }));
        var identity = Identity("203.0.113.7", "10.0.0.1:15006");

        Assert.Null(listener.Match(identity));
        Assert.Equal("https", listener.Match(identity with { OriginalDestination = IPEndPoint.Parse("192.0.2.1:443") })!.Name);
    }

    [Fact]
    public void Build_SourceIpOnTheCluster_IsItsRoutesDefault()
    {
        var config = new TcpProxyConfig
        {
            Routes = new Dictionary<string, TcpRouteConfig>
            {
                ["own"] = new() { Listener = "IN", ClusterId = "C", SourceIp = new() { Mode = SourceIpMode.None } },
                ["default"] = new() { Listener = "in", ClusterId = "c", Order = 1 },
            },
            Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = TestPlane.Cluster("192.0.2.1:1") with { SourceIp = new() { Mode = SourceIpMode.Transparent } } },
        };
        var model = TcpModelBuilder.Build(new Dictionary<string, ProxyProtocolConfig?> { ["in"] = null }, config, new Dictionary<string, IReadOnlyList<string>>());
        Assert.Equal([SourceIpMode.None, SourceIpMode.Transparent], model.Listeners["in"].Routes.Select(static route => route.SourceIp.Mode));
    }

    private static ConnectionIdentity Identity(string client, string destination = "192.0.2.9:1")
    {
        var peer = new IPEndPoint(IPAddress.Parse(client), 40000);
        return new ConnectionIdentity { Client = peer, Peer = peer, Local = IPEndPoint.Parse(destination), Source = IdentitySource.Socket };
    }

    private static ListenerModel Build(params (string Name, int Order, string[] Clients)[] routes) =>
        BuildMatches([.. routes.Select(static route => (route.Name, route.Order, new TcpRouteMatchConfig { ClientCidrs = route.Clients }))]);

    private static ListenerModel BuildMatches(params (string Name, int Order, TcpRouteMatchConfig Match)[] routes) => TcpModelBuilder.Build(
        new Dictionary<string, ProxyProtocolConfig?> { ["in"] = null },
        new TcpProxyConfig
        {
            Routes = routes.ToDictionary(static route => route.Name, static route => new TcpRouteConfig
            {
                Listener = "in",
                ClusterId = "c",
                Order = route.Order,
                SourceIp = Policies.None,
                Match = route.Match,
            }),
            Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = TestPlane.Cluster("192.0.2.1:1") },
        },
        new Dictionary<string, IReadOnlyList<string>> { ["docs"] = ["2001:db8::/32"] }).Listeners["in"];
}
