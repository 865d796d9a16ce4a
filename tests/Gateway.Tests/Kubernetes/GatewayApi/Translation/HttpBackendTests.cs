using Gateway.Kubernetes.GatewayApi.Translation;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.HttpRouteTests;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>What HTTPRoutes and Services say of backends: the protocol, timeouts, filters of one of them.</summary>
public sealed class HttpBackendTests
{
    private const string Parent = """{ "name": "g" }""";

    [Theory]
    [InlineData("kubernetes.io/h2c", 2)]
    [InlineData("kubernetes.io/ws", null)]
    [InlineData("http", null)]
    public void BackendProtocol_OfTheServicesPort_IsTheClusters(string protocol, int? version)
    {
        var cluster = Of(protocol).HttpClusters["service.default.s.web"];

        Assert.Equal(version, cluster.HttpRequest?.Version?.Major);
        // Without TLS nothing would be negotiated.
        Assert.Equal(version is null ? null : HttpVersionPolicy.RequestVersionExact, cluster.HttpRequest?.VersionPolicy);
    }

    [Fact]
    public void BackendProtocol_WithTls_IsUnsupported()
    {
        var translated = Of("kubernetes.io/wss");

        Assert.Equal("Accepted=True/Accepted ResolvedRefs=False/UnsupportedProtocol", translated.Route("r"));
        Assert.Equal("=1", Assert.Single(translated.HttpRoutes).Value.Metadata!["GatewayApi.Backends"]);
    }

    [Theory]
    [InlineData("""{ "backendRequest": "1s" }""", 1)]
    [InlineData("""{ "backendRequest": "1s", "request": "2s" }""", 1)]
    [InlineData("""{ "backendRequest": "1s", "request": "0s" }""", 1)]
    [InlineData("""{ "backendRequest": "0s", "request": "2s" }""", 2)]
    [InlineData("""{ "backendRequest": "0s" }""", null)]
    public void TimeoutBackendRequest_IsTheTimeoutOfTheRoute(string timeouts, int? seconds) => Assert.Equal(
        seconds,
        Route(Rule(Backend("a"), rest: $""", "timeouts": {timeouts} """)).Timeout?.TotalSeconds);

    [Fact]
    public void Filters_OfTheOnlyBackend_ComeAfterThoseOfTheRule()
    {
        const string Backends = """
            { "name": "a", "port": 6000, "filters": [
              { "type": "RequestHeaderModifier", "requestHeaderModifier": { "set": [ { "name": "X-A", "value": "backend" } ] } },
              { "type": "ResponseHeaderModifier", "responseHeaderModifier": { "remove": [ "X-B" ] } } ] }
            """;
        const string Filter = """
            { "type": "RequestHeaderModifier", "requestHeaderModifier": { "set": [ { "name": "X-A", "value": "rule" } ] } }
            """;

        Assert.Equal(
            ["RequestHeaderOriginalHost=true", "RequestHeader=X-A Set=rule", "RequestHeader=X-A Set=backend", "ResponseHeaderRemove=X-B When=Always"],
            Route(Rule(Backends, Filter)).Transforms!
                .Select(static transform => string.Join(' ', transform.Select(static entry => $"{entry.Key}={entry.Value}"))));
    }

    private static Yarp.ReverseProxy.Configuration.RouteConfig Route(string rule) =>
        Assert.Single(Web().HttpRoute("r", Parent, rule).Translate().HttpRoutes).Value;

    private static TranslatedObjects Of(string protocol) => Web().Add($$"""
        { "kind": "Service", "metadata": { "name": "s" }, "spec": { "ports": [ { "name": "web", "port": 80, "appProtocol": "{{protocol}}" } ] } }
        """).HttpRoute("r", Parent, Rule("""{ "name": "s", "port": 80 }""")).Translate();
}
