using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Routing;

namespace Gateway.Tests.Tcp.Routing;

/// <summary>Routes with the same match and weights share its connections.</summary>
public sealed class RouteSplitTests
{
    private static readonly ConnectionIdentity Client = new()
    {
        Client = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1),
        Peer = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1),
        Local = new IPEndPoint(IPAddress.Parse("198.51.100.1"), 443),
        Source = IdentitySource.Socket,
    };

    [Theory]
    [InlineData(70, 30, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(1_000_000, 0, 1_000_000)]
    [InlineData(0, 0, 1)]
    public void Match_WeightedRoutes_ShareByWeight(int first, int second, int third)
    {
        var listener = Build(("a", first, null), ("b", second, null), ("c", third, null));

        var counts = Enumerable.Range(0, 1000).Select(_ => listener.Match(Client)!.Name).CountBy(static name => name).ToDictionary();

        var sum = (double)first + second + third;
        Assert.InRange(counts.GetValueOrDefault("a"), (1000 * first / sum) - 2, (1000 * first / sum) + 2);
        Assert.InRange(counts.GetValueOrDefault("b"), (1000 * second / sum) - 2, (1000 * second / sum) + 2);
        Assert.InRange(counts.GetValueOrDefault("c"), (1000 * third / sum) - 2, (1000 * third / sum) + 2);
    }

    [Fact]
    public void Match_TenConnections_AreSplitAlready()
    {
        var listener = Build(("a", 70, null), ("b", 30, null));

        var names = Enumerable.Range(0, 10).Select(_ => listener.Match(Client)!.Name).ToList();

        Assert.InRange(names.Count(static name => name == "b"), 2, 4);
    }

    [Fact]
    public void Match_AllWeightsZero_NoRouteTakesTheConnection() => Assert.Null(Build(("a", 0, null), ("b", 0, null)).Match(Client));

    [Fact]
    public void Match_AnotherMatchOrOrder_IsAnotherSplit()
    {
        var listener = Build(
            ("wide", 1, "192.0.2.0/24"), ("narrow", 1, "192.0.2.1/32"), ("narrow2", 1, "192.0.2.1/32"), ("all", null, null));

        var names = Enumerable.Range(0, 100).Select(_ => listener.Match(Client)!.Name).CountBy(static name => name).ToDictionary();

        Assert.Equal(2, names.Count);
        Assert.InRange(names["narrow"], 49, 51);
        Assert.Equal("all", listener.Match(Client with { Client = new IPEndPoint(IPAddress.Parse("203.0.113.1"), 1) })!.Name);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("10.0.0.0/8,192.0.2.0/24", "192.0.2.0/24,10.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", "10.0.0.0/9", false)]
    [InlineData("10.0.0.0/8", null, false)]
    public void MatchKey_SameConditions_AreEqual(string? one, string? other, bool expected) =>
        Assert.Equal(expected, MatchKey.Of(Match(one)) == MatchKey.Of(Match(other)));

    [Fact]
    public void MatchKey_EachKindOfCondition_Counts()
    {
        TcpRouteMatchConfig[] all =
        [
            new(),
            new() { ServerNames = ["a.example"] },
            new() { Alpn = ["a.example"] },
            new() { ClientCidrs = ["10.0.0.0/8"] },
            new() { DestinationCidrs = ["10.0.0.0/8"] },
            new() { DestinationPorts = [new PortRange(1, 2)] },
            new() { Tlvs = new Dictionary<string, IReadOnlyList<string>> { ["Authority"] = ["a"] } },
            new() { Tlvs = new Dictionary<string, IReadOnlyList<string>> { ["Authority"] = ["b"] } },
        ];

        Assert.Equal(all.Length, all.Select(MatchKey.Of).Distinct().Count());
        Assert.Equal(MatchKey.Of(new() { ServerNames = ["A.example"] }), MatchKey.Of(new() { ServerNames = ["a.Example"] }));
    }

    private static TcpRouteMatchConfig? Match(string? clients) => clients is null ? null : new() { ClientCidrs = clients.Split(',') };

    private static ListenerModel Build(params (string Name, int? Weight, string? Clients)[] routes) => TcpModelBuilder.Build(
        new Dictionary<string, ProxyProtocolConfig?> { ["in"] = null },
        new TcpProxyConfig
        {
            Routes = routes.ToDictionary(
                static route => route.Name,
                static route => new TcpRouteConfig
                {
                    Listener = "in",
                    ClusterId = "c",
                    Weight = route.Weight,
                    Match = Match(route.Clients),
                    SourceIp = new() { Mode = SourceIpMode.None },
                }),
            Clusters = new Dictionary<string, TcpClusterConfig>
            {
                ["c"] = new() { Destinations = new Dictionary<string, TcpDestinationConfig> { ["d"] = new() { Address = "192.0.2.1:1" } } },
            },
        },
        new Dictionary<string, IReadOnlyList<string>>()).Listeners["in"];
}
