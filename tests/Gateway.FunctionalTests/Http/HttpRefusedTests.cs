using System.Net;

namespace Gateway.FunctionalTests.Http;

/// <summary>What is not proxied, or not whole, and what is said of it.</summary>
public sealed class HttpRefusedTests
{
    [Fact]
    public async Task Request_EndsWithAnException_IsLoggedAsItIsAnswered()
    {
        await using var backend = await HttpBackend.StartAsync();
        var config = HttpTestGateway.Config(backend.Http1);
        // Validation refuses such a pair.
        var twice = config.ReverseProxy.Routes[0] with { RouteId = "twice" };
        await using var gateway = await HttpTestGateway.StartAsync(config with { ReverseProxy = config.ReverseProxy with { Routes = [.. config.ReverseProxy.Routes, twice] } });
        using var client = ProxyClient.For(gateway["web"]);

        using var response = await client.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var line = await gateway.WaitForAccessLineAsync(line => line.Contains("path=/ ", StringComparison.Ordinal));
        Assert.Contains(" status=500 ", line, StringComparison.Ordinal);
        Assert.Contains(" error=AmbiguousMatchException detail=The request matched multiple endpoints.", line, StringComparison.Ordinal);
    }
}
