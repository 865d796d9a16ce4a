using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;

namespace Gateway.Tests.Tcp;

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
        Assert.Equal(route, listener.Match(IPAddress.Parse(client))!.Name);
    }

    [Fact]
    public void Match_EarlierOrderWithoutCidrs_TakesAll() =>
        Assert.Equal("all", Build(("all", 0, []), ("narrow", 1, ["203.0.113.7/32"])).Match(IPAddress.Parse("203.0.113.7"))!.Name);

    [Fact]
    public void Match_NoRouteForTheClient_IsNull()
    {
        var listener = Build(("v4", 0, ["0.0.0.0/0"]));
        Assert.Equal("v4", listener.Match(IPAddress.Parse("203.0.113.7"))!.Name);
        Assert.Null(listener.Match(IPAddress.Parse("2001:db8::1")));
    }

    [Fact]
    public void Match_TenThousandRoutes_EachIsFound()
    {
        var listener = Build([.. Enumerable.Range(0, 10_000).Select(static index => ($"r{index}", index % 7, new[] { $"10.{index / 256}.{index % 256}.0/24" }))]);
        for (var index = 0; index < 10_000; index++)
        {
            Assert.Equal($"r{index}", listener.Match(new IPAddress([10, (byte)(index / 256), (byte)(index % 256), 9]))!.Name);
        }
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

    private static ListenerModel Build(params (string Name, int Order, string[] Clients)[] routes) => TcpModelBuilder.Build(
        new Dictionary<string, ProxyProtocolConfig?> { ["in"] = null },
        new TcpProxyConfig
        {
            Routes = routes.ToDictionary(static route => route.Name, static route => new TcpRouteConfig
            {
                Listener = "in",
                ClusterId = "c",
                Order = route.Order,
                SourceIp = Policies.None,
                Match = new() { ClientCidrs = route.Clients },
            }),
            Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = TestPlane.Cluster("192.0.2.1:1") },
        },
        new Dictionary<string, IReadOnlyList<string>> { ["docs"] = ["2001:db8::/32"] }).Listeners["in"];
}
