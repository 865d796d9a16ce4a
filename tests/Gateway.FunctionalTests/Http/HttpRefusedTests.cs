using System.Net;
using Gateway.Configuration;
using Yarp.ReverseProxy.Forwarder;

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

    /// <summary>A client that is promised trailers and gets none takes the response for broken, or waits.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Trailers_OfResponse_PassInHttp2AndAreNotPromisedInHttp1(bool http2)
    {
        await using var backend = await HttpBackend.StartAsync();
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(
            backend.Http2,
            listener => listener with { HttpVersion = http2 ? ListenerHttpVersion.Http2 : ListenerHttpVersion.Http1 },
            cluster: cluster => cluster with { HttpRequest = new ForwarderRequestConfig { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact } }));
        using var client = ProxyClient.For(gateway["web"], http2: http2);

        using var response = await client.GetAsync(new Uri("/trailers", UriKind.Relative));

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Equal(http2 ? ["X-Checksum"] : Array.Empty<string>(), response.Headers.Trailer);
        Assert.Equal(http2 ? ["1"] : Array.Empty<string>(), response.TrailingHeaders.SelectMany(header => header.Value));
    }
}
