using Gateway.Http.GatewayApi;
using Gateway.Kubernetes.GatewayApi.Translation;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.HttpRouteTests;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>What HTTPRoutes and Services say of backends: the protocol, timeouts, filters of one of them.</summary>
public sealed class HttpBackendTests
{
    private const string Parent = """{ "name": "g" }""";
    private const string Host = "RequestHeaderOriginalHost=true";

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
            [Host, "RequestHeader=X-A Set=rule", "RequestHeader=X-A Set=backend", "ResponseHeaderRemove=X-B When=Always"],
            Transforms(Route(Rule(Backends, Filter))));
    }

    [Fact]
    public void Filters_OfOneOfSeveralBackends_AreARouteOfItsShare()
    {
        var backends = $$"""
            {{Backend("nobody", 1)}}, {{Backend("a", 3)}}, { "name": "b", "port": 6000, "filters": [
              { "type": "URLRewrite", "urlRewrite": { "path": { "type": "ReplaceFullPath", "replaceFullPath": "/canary" } } } ] }
            """;

        var routes = Web().HttpRoute("r", Parent, Rule(backends)).Translate().HttpRoutes;

        Assert.Equal(
            ["httproute.default.r.80", "httproute.default.r.80.b1", "httproute.default.r.80.b2"], routes.Keys.Order());
        var (main, a, b) = (routes["httproute.default.r.80"], routes["httproute.default.r.80.b1"], routes["httproute.default.r.80.b2"]);
        Assert.Equal("=1,service.default.a.web=3,service.default.b.web=1", main.Metadata!["GatewayApi.Backends"]);
        Assert.Equal(",httproute.default.r.80.b1,httproute.default.r.80.b2", main.Metadata["GatewayApi.BackendRoutes"]);
        Assert.Equal(("service.default.a.web", "service.default.b.web"), (a.ClusterId, b.ClusterId));
        Assert.Equal([Host], Transforms(a));
        Assert.Equal([Host, "PathSet=/canary"], Transforms(b));
        Assert.False(HttpRouteRule.Of(main)!.IsShare);
        Assert.True(HttpRouteRule.Of(a)!.IsShare);
    }

    [Theory]
    [InlineData("RequestHeaderModifier", true)]
    [InlineData("URLRewrite", false)]
    public void Filters_OfRuleAndBackend_URLRewriteIsOfOneOfThem(string type, bool isGood)
    {
        var filter = type == "URLRewrite"
            ? """{ "type": "URLRewrite", "urlRewrite": { "hostname": "x.example.com" } }"""
            : """{ "type": "RequestHeaderModifier", "requestHeaderModifier": { } }""";
        var said = Web().HttpRoute("r", Parent, Rule(Backend("a", rest: $", \"filters\": [ {filter} ]"), filter)).Translate().Route("r");

        Assert.StartsWith(isGood ? "Accepted=True" : "Accepted=False/IncompatibleFilters", said, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Transforms(Yarp.ReverseProxy.Configuration.RouteConfig route) => route.Transforms!
        .Select(static transform => string.Join(' ', transform.Select(static entry => $"{entry.Key}={entry.Value}")));

    private static Yarp.ReverseProxy.Configuration.RouteConfig Route(string rule) =>
        Assert.Single(Web().HttpRoute("r", Parent, rule).Translate().HttpRoutes).Value;

    private static TranslatedObjects Of(string protocol) => Web().Add($$"""
        { "kind": "Service", "metadata": { "name": "s" }, "spec": { "ports": [ { "name": "web", "port": 80, "appProtocol": "{{protocol}}" } ] } }
        """).HttpRoute("r", Parent, Rule("""{ "name": "s", "port": 80 }""")).Translate();
}
