using Gateway.Configuration;
using Gateway.Snapshots;
using Gateway.Tcp.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Tests.Snapshots;

/// <summary>What an operator reads of routes and listeners, on the status page and from <c>validate</c>.</summary>
public class RouteTextTests
{
    /// <summary>A share of a weighted HTTPRoute with filters of its own has the match of the whole, and gets no request by it.</summary>
    [Theory]
    [InlineData("r", "share of r")]
    [InlineData(null, "path /a")]
    public void Of_ShareOfAnotherRoute_IsNoMatch(string? whole, string expected) => Assert.Equal(
        expected,
        RouteText.Of(new RouteConfig
        {
            RouteId = "r.b0",
            Match = new RouteMatch { Path = "/a" },
            Metadata = whole is null ? null : new Dictionary<string, string> { ["GatewayApi.ShareOf"] = whole },
        }));

    [Fact]
    public void InMatchOrder_EqualOrders_TheMoreSpecificPathIsFirst()
    {
        RouteConfig[] routes =
        [
            Route("all", "/{**rest}"), Route("api", "/api/{**rest}"), Route("host", "/api/{**rest}", hosts: ["a.example"]),
            Route("exact", "/api/users"), Route("last", "/api/users/x", order: 1), Route("first", "/{**rest}", order: -1),
        ];

        Assert.Equal(
            ["first", "exact", "host", "api", "all", "last"],
            RouteText.InMatchOrder(routes).Select(static route => route.RouteId));
    }

    [Fact]
    public void Of_ManyValues_NamesTheFirstOnes()
    {
        var match = new TcpRouteMatchConfig { ClientCidrs = ["192.0.2.0/28", "192.0.2.16/28", "192.0.2.32/28"], Alpn = ["h2"] };

        Assert.Equal("clients 192.0.2.0/28, 192.0.2.16/28 and 1 more; ALPN h2", RouteText.Of(match, most: 2));
        Assert.Equal("any", RouteText.Of(new TcpRouteMatchConfig()));
    }

    [Fact]
    public void WaysOf_AListener_NamesWhoIsBelieved()
    {
        var listener = new ListenerConfig
        {
            ProxyProtocol = new()
            {
                TrustedProxies = ["10.0.0.0/8"],
                HealthCheckers = ["100.64.0.0/10"],
                Enforcement = ProxyProtocolEnforcement.Observe,
            },
            ForwardedHeaders = new() { TrustedHops = 2 },
        };

        Assert.Equal(
            [
                "PROXY header Required from 10.0.0.0/8, only observed", "health checkers 100.64.0.0/10", "X-Forwarded-For of 2 hops",
            ],
            ListenerText.WaysOf(listener, most: 4));
        Assert.Empty(ListenerText.WaysOf(new ListenerConfig(), most: 4));
    }

    private static RouteConfig Route(string name, string path, int order = 0, string[]? hosts = null) =>
        new() { RouteId = name, Order = order, Match = new RouteMatch { Path = path, Hosts = hosts } };
}
