using System.Net;
using Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.FunctionalTests.Http;

/// <summary>A route's Metadata "Listeners", and routes that change while requests come.</summary>
public sealed class HttpListenerRoutingTests : IAsyncLifetime
{
    private HttpBackend _one = null!;
    private HttpBackend _two = null!;

    public async ValueTask InitializeAsync() => (_one, _two) = (await HttpBackend.StartAsync(), await HttpBackend.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task Route_LimitedToAListener_DoesNotExistElsewhere()
    {
        await using var gateway = await HttpTestGateway.StartAsync(Config(Route("private", "one", "/private", "internal")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, "internal", "private"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(gateway, "web", "private"));
    }

    [Fact]
    public async Task Route_LimitedToTwoListeners_IsServedOnBoth()
    {
        await using var gateway = await HttpTestGateway.StartAsync(Config(Route("both", "one", "/both", " INTERNAL ,web")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, "internal", "both"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, "web", "both"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(gateway, "third", "both"));
    }

    [Fact]
    public async Task Route_LimitedElsewhere_LetsAnotherRouteServe()
    {
        await using var gateway = await HttpTestGateway.StartAsync(Config(
            Route("same-path", "one", "/same", "internal"), Route("same-path-anywhere", "two", "/same", null),
            Route("specific", "one", "/api/{**rest}", "internal"), Route("fallback", "two", "/{**rest}", null)));
        Assert.Equal(new Uri(_one.Http1).Authority, await HostAsync(gateway, "internal", "same"));
        Assert.Equal(new Uri(_two.Http1).Authority, await HostAsync(gateway, "web", "same"));
        Assert.Equal(new Uri(_one.Http1).Authority, await HostAsync(gateway, "internal", "api/x"));
        Assert.Equal(new Uri(_two.Http1).Authority, await HostAsync(gateway, "web", "api/x"));
    }

    [Fact]
    public async Task Route_LimitedElsewhereWithAnotherMethod_IsNotFoundAndNot405()
    {
        var post = Route("post", "one", "/thing", "internal");
        await using var gateway = await HttpTestGateway.StartAsync(Config(post with { Match = post.Match with { Methods = ["POST"] } }));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, await StatusAsync(gateway, "internal", "thing"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(gateway, "web", "thing"));
    }

    [Fact]
    public async Task Update_NewRoutes_AreServedByTheNextRequestOfAnOpenConnection()
    {
        await using var gateway = await HttpTestGateway.StartAsync(Config(Route("a", "one", "/a", null)));
        using var client = ProxyClient.For(gateway["web"]);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("a")).StatusCode);
        gateway.Update(Config(Route("b", "two", "/b", null)));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("a")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("b")).StatusCode);
    }

    [Fact]
    public async Task Update_ForwardedHeaders_CountForNewConnectionsOnly()
    {
        var config = Config(Route("a", "one", "/a", null));
        await using var gateway = await HttpTestGateway.StartAsync(config);
        using var old = ProxyClient.For(gateway["web"]);
        Assert.Equal("127.0.0.1", (await old.ShowAsync("a", ("X-Forwarded-For", "198.51.100.7")))["X-Real-IP"]);
        gateway.Update(config with
        {
            Listeners = config.Listeners.ToDictionary(listener => listener.Key, listener => listener.Value with { ForwardedHeaders = new() { TrustedProxies = ["127.0.0.0/8"] } }),
        });
        using var fresh = ProxyClient.For(gateway["web"]);
        Assert.Equal("198.51.100.7", (await fresh.ShowAsync("a", ("X-Forwarded-For", "198.51.100.7")))["X-Real-IP"]);
        Assert.Equal("127.0.0.1", (await old.ShowAsync("a", ("X-Forwarded-For", "198.51.100.7")))["X-Real-IP"]);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpTestGateway gateway, string listener, string path)
    {
        using var client = ProxyClient.For(gateway[listener]);
        using var response = await client.GetAsync(path);
        return response.StatusCode;
    }

    private static async Task<string> HostAsync(HttpTestGateway gateway, string listener, string path)
    {
        using var client = ProxyClient.For(gateway[listener]);
        return (await client.ShowAsync(path))["Host"];
    }

    private static RouteConfig Route(string id, string cluster, string path, string? listeners) => new()
    {
        RouteId = id,
        ClusterId = cluster,
        Match = new RouteMatch { Path = path },
        Metadata = listeners is null ? null : new Dictionary<string, string> { ["Listeners"] = listeners },
    };

    private GatewayConfig Config(params RouteConfig[] routes)
    {
        var listener = new ListenerConfig { Address = "127.0.0.1:0", Protocol = ListenerProtocol.Http };
        return new GatewayConfig
        {
            Listeners = new Dictionary<string, ListenerConfig> { ["web"] = listener, ["internal"] = listener, ["third"] = listener },
            ReverseProxy = new ReverseProxyConfig { Routes = routes, Clusters = [Cluster("one", _one), Cluster("two", _two)] },
        };
    }

    private static ClusterConfig Cluster(string id, HttpBackend backend) => new()
    {
        ClusterId = id,
        Destinations = new Dictionary<string, DestinationConfig> { ["only"] = new() { Address = backend.Http1 } },
    };
}
