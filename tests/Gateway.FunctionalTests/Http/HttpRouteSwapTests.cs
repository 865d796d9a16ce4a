using Gateway.Http;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.FunctionalTests.Http;

/// <summary>What becomes of routes that validation takes and YARP does not.</summary>
public sealed class HttpRouteSwapTests
{
    [Fact]
    public async Task Update_YarpRefuses_SaysWhyAndLaterRoutesAreServed()
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Http1, route: route => With(route, "/old")));
        var provider = gateway.Services.GetRequiredService<SnapshotProxyConfigProvider>();
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}") };
        Assert.True((await client.GetAsync(new Uri("/old", UriKind.Relative))).IsSuccessStatusCode);

        var bad = HttpTestGateway.Config(backend.Http1, route: route => With(route, "/{")).ReverseProxy;
        Assert.NotNull(provider.Update(bad.Routes, bad.Clusters));
        Assert.True((await client.GetAsync(new Uri("/old", UriKind.Relative))).IsSuccessStatusCode);

        var good = HttpTestGateway.Config(backend.Http1, route: route => With(route, "/new")).ReverseProxy;
        Assert.Null(provider.Update(good.Routes, good.Clusters));
        Assert.True((await client.GetAsync(new Uri("/new", UriKind.Relative))).IsSuccessStatusCode);
    }

    private static RouteConfig With(RouteConfig route, string path) => route with { Match = new RouteMatch { Path = path } };
}
