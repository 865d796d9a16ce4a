using Gateway.Configuration;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Testing.Certificates;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>HTTPRoutes become routes and clusters of YARP; the rules of the conformance profile by the names of its tests.</summary>
public sealed class HttpRouteTests
{
    private const string Good = "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs";
    private const string Unsupported = "Accepted=False/UnsupportedValue ResolvedRefs=True/ResolvedRefs";
    private const string Parent = """{ "name": "g" }""";

    private static readonly TestAuthority Authority = new("test");

    [Fact]
    public void SimpleSameNamespace_IsARouteOfYarpAndAClusterOfPods()
    {
        var translated = Web().HttpRoute("r", Parent, Rule(Backend("a"))).Translate();

        Assert.Equal(Good, translated.Route("r"));
        var route = Assert.Single(translated.HttpRoutes).Value;
        Assert.Equal(("httproute.default.r.80", "service.default.a.web"), (route.RouteId, route.ClusterId));
        Assert.Equal("gateway.default.g.80", route.Metadata!["Listeners"]);
        Assert.Equal("true", route.Transforms!.Single()["RequestHeaderOriginalHost"]);
        var cluster = Assert.Single(translated.HttpClusters).Value;
        Assert.Equal("kubernetes://default/a:web", Assert.Single(cluster.Destinations!).Value.Address);
        Assert.Null(cluster.Metadata);
        Assert.Equal(("*:80", ListenerProtocol.Http), Address(translated, "gateway.default.g.80"));
        Assert.Equal(["HTTPRoute"], translated.Listener("g", "http").Kinds);
        Assert.Equal(1, translated.Listener("g", "http").AttachedRoutes);
        Assert.Equal("HTTPRoute default/r", translated.Origins["ReverseProxy:Routes:httproute.default.r.80"]);
        Assert.Equal("Service default/a", translated.Origins["ReverseProxy:Clusters:service.default.a.web"]);
        Assert.Empty(translated.Routes);
    }

    [Fact]
    public void SeveralRulesAndMatches_AreNumberedAndCarryTheirConditions()
    {
        var translated = Web().HttpRoute("r", Parent, $$"""
            { "matches": [
                { "path": { "type": "Exact", "value": "/one" }, "method": "GET" },
                { "path": { "value": "/two/" }, "headers": [ { "name": "X-A", "value": "1" }, { "name": "x-a", "value": "ignored" } ],
                  "queryParams": [ { "name": "q", "value": "v" } ] } ],
              "timeouts": { "request": "1m30s500ms" }, "backendRefs": [ {{Backend("a")}} ] },
            { "timeouts": { "request": "0s" }, "backendRefs": [ {{Backend("b")}} ] }
            """).Translate();

        Assert.Equal(Good, translated.Route("r"));
        Assert.Equal(
            ["httproute.default.r.80.r0.m0", "httproute.default.r.80.r0.m1", "httproute.default.r.80.r1"], translated.HttpRoutes.Keys);
        var (exact, prefix, all) = (Route(translated, ".r0.m0"), Route(translated, ".r0.m1"), Route(translated, ".r1"));
        Assert.Equal(("/one", "Exact /one", "GET"), (exact.Match.Path, exact.Metadata!["GatewayApi.Path"], exact.Match.Methods!.Single()));
        Assert.Equal(("/two/{**rest}", "PathPrefix /two"), (prefix.Match.Path, prefix.Metadata!["GatewayApi.Path"]));
        Assert.Equal("1", Assert.Single(prefix.Match.Headers!).Values!.Single());
        Assert.Equal("v", Assert.Single(prefix.Match.QueryParameters!).Values!.Single());
        Assert.Equal(TimeSpan.FromMilliseconds(90500), prefix.Timeout);
        Assert.Equal(("/{**rest}", "PathPrefix ", null), (all.Match.Path, all.Metadata!["GatewayApi.Path"], all.Timeout));
    }

    [Fact]
    public void HostnameIntersection_TheNarrowerNamesOfBothCount()
    {
        var translated = Empty().Gateway("g", HttpListener("exact", 80, "very.specific.com"), HttpListener("wild", 80, "*.wildcard.io"))
            .HttpRoute("r", Parent, Rule(Backend("a")), "\"*.specific.com\", \"Foo.wildcard.io\", \"wildcard.io\"")
            .HttpRoute("none", Parent, Rule(Backend("a")), "\"other.example.com\"")
            .HttpRoute("all", """{ "name": "g", "sectionName": "wild" }""", Rule(Backend("b"))).Translate();

        Assert.Equal(["very.specific.com", "foo.wildcard.io"], translated.HttpRoutes["httproute.default.r.80"].Match.Hosts);
        Assert.Equal(["*.wildcard.io"], translated.HttpRoutes["httproute.default.all.80"].Match.Hosts);
        Assert.Equal("Accepted=False/NoMatchingListenerHostname ResolvedRefs=True/ResolvedRefs", translated.Route("none"));
        Assert.Equal((1, 2), (translated.Listener("g", "exact").AttachedRoutes, translated.Listener("g", "wild").AttachedRoutes));
        Assert.Equal(["gateway.default.g.80"], translated.Listeners.Keys);
    }

    [Fact]
    public void HttpsListener_EndsTlsWithTheSecretsOfAllItsNames()
    {
        var (a, b) = (Authority.Issue("a", "a.example.com"), Authority.Issue("b", "b.example.com"));
        var translated = Empty().Secret("ca", a.Certificate, a.Key).Secret("cb", b.Certificate, b.Key)
            .Gateway(
                "g",
                HttpsListener("a", 443, "a.example.com", """{ "name": "ca" }"""), HttpsListener("b", 443, null, """{ "name": "cb" }"""))
            .HttpRoute("r", """{ "name": "g", "sectionName": "a" }""", Rule(Backend("a"))).Translate();

        Assert.Equal(("*:443", ListenerProtocol.Https), Address(translated, "gateway.default.g.443"));
        var tls = translated.Listeners["gateway.default.g.443"].Tls!;
        Assert.Equal(["default.ca", "default.cb"], tls.Certificates.Keys);
        Assert.Equal("default.cb", tls.DefaultCertificate);
        Assert.Equal(["a.example.com"], Assert.Single(translated.HttpRoutes).Value.Match.Hosts);
    }

    [Theory]
    [InlineData("""{ "name": "x", "protocol": "HTTPS", "port": 443 }""", "InvalidCertificateRef")]
    [InlineData(
        """{ "name": "x", "protocol": "HTTPS", "port": 443, "tls": { "mode": "Passthrough" } }""", "Accepted=False/UnsupportedValue")]
    [InlineData(
        """{ "name": "x", "protocol": "HTTP", "port": 443, "allowedRoutes": { "kinds": [ { "kind": "TCPRoute" } ] } }""",
        "ResolvedRefs=False/InvalidRouteKinds")]
    public void Listener_ThatIsWrong_SaysSo(string listener, string expected) => Assert.Contains(
        expected,
        Empty().Gateway("g", listener).HttpRoute("r", Parent, Rule(Backend("a"))).Translate().Listener("g", "x").Conditions.Of(),
        StringComparison.Ordinal);

    // A Gateway that asks for client certificates must not be served without their check.
    [Fact]
    public void HttpsListener_OfAGatewayThatChecksClients_IsNotAccepted()
    {
        var pair = Authority.Issue("a", "a.example.com");
        var translated = Empty().Secret("c", pair.Certificate, pair.Key).Add($$"""
            { "kind": "Gateway", "metadata": { "name": "g" }, "spec": { "gatewayClassName": "gw",
              "tls": { "frontend": { "default": { "validation": { "caCertificateRefs": [] } } } },
              "listeners": [ {{HttpsListener("tls", 443, null, """{ "name": "c" }""")}}, {{HttpListener("http", 80)}} ] } }
            """).HttpRoute("r", Parent, Rule(Backend("a"))).Translate();

        Assert.StartsWith("Accepted=False/UnsupportedValue", translated.Listener("g", "tls").Conditions.Of(), StringComparison.Ordinal);
        Assert.Equal(["gateway.default.g.80"], translated.Listeners.Keys);
    }

    [Fact]
    public void HttpAndTcp_OnOnePort_AreInConflict()
    {
        var translated = Empty().Gateway("g", HttpListener("http", 80), TcpListener("tcp", 80))
            .HttpRoute("r", Parent, Rule(Backend("a"))).Translate();

        Assert.All(["http", "tcp"], name => Assert.StartsWith(
            "Accepted=False/ProtocolConflict", translated.Listener("g", name).Conditions.Of(), StringComparison.Ordinal));
        Assert.Empty(translated.Listeners);
        Assert.Empty(translated.HttpRoutes);
    }

    [Fact]
    public void DisallowedKind_AtAListenerOfAnotherProtocol_IsNotAccepted()
    {
        var translated = Web().Route("tcp", Parent, Backend("a"))
            .HttpRoute("http", """{ "name": "t" }""", Rule(Backend("a"))).Gateway("t", TcpListener("tcp", 8080)).Translate();

        Assert.StartsWith("Accepted=False/NotAllowedByListeners", translated.Route("tcp"), StringComparison.Ordinal);
        Assert.StartsWith("Accepted=False/NotAllowedByListeners", translated.Route("http"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "name": "nobody", "port": 6000 }""", "BackendNotFound")]
    [InlineData("""{ "name": "a", "port": 6000, "kind": "Pod" }""", "InvalidKind")]
    [InlineData("""{ "name": "a", "port": 6000, "namespace": "elsewhere" }""", "RefNotPermitted")]
    public void InvalidBackendRef_IsAcceptedAndItsShareIsNobodys(string reference, string reason)
    {
        var translated = Web().Service("a", "elsewhere")
            .HttpRoute("r", Parent, $"{Rule(reference)}, {Rule($"{reference}, {Backend("a", 3)}")}").Translate();

        Assert.Equal($"Accepted=True/Accepted ResolvedRefs=False/{reason}", translated.Route("r"));
        var (alone, split) = (Route(translated, ".r0"), Route(translated, ".r1"));
        Assert.Equal(("nobody.default.r", "=1"), (alone.ClusterId, alone.Metadata!["GatewayApi.Backends"]));
        Assert.Equal(("service.default.a.web", "=1,service.default.a.web=3"), (split.ClusterId, split.Metadata!["GatewayApi.Backends"]));
        Assert.Null(translated.HttpClusters["nobody.default.r"].Destinations);
    }

    [Fact]
    public void Weights_AreShares()
    {
        var translated = Web().HttpRoute(
            "r", Parent, $"{Rule($"{Backend("a", 70)}, {Backend("b", 30)}")}, {Rule(Backend("a", 0))}, {Rule("")}").Translate();

        Assert.Equal(Good, translated.Route("r"));
        Assert.Equal(
            ["service.default.a.web=70,service.default.b.web=30", "service.default.a.web=0", ""],
            translated.HttpRoutes.Values.Select(static route => route.Metadata!["GatewayApi.Backends"]));
    }

    [Fact]
    public void ReferenceGrant_ForHttpRoutes_AllowsAnotherNamespace()
    {
        var theirs = Backend("a", rest: """, "namespace": "elsewhere" """);
        Assert.Equal(
            Good,
            Web().Service("a", "elsewhere").Grant("elsewhere", "HTTPRoute", "Service").HttpRoute("r", Parent, Rule(theirs)).Translate()
                .Route("r"));
        Assert.Contains(
            "RefNotPermitted",
            Web().Service("a", "elsewhere").Grant("elsewhere", "TCPRoute", "Service").HttpRoute("r", Parent, Rule(theirs)).Translate()
                .Route("r"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Filters_OfHeadersAndUrl_AreTransformsOfYarp()
    {
        var translated = Web().HttpRoute("r", Parent, Rule(Backend("a"), """
            { "type": "RequestHeaderModifier", "requestHeaderModifier": {
                "set": [ { "name": "X-Set", "value": "s" } ], "add": [ { "name": "X-Add", "value": "a" } ], "remove": [ "X-Gone" ] } },
            { "type": "ResponseHeaderModifier", "responseHeaderModifier": {
                "set": [ { "name": "X-Set", "value": "s" } ], "add": [ { "name": "X-Add", "value": "a" } ], "remove": [ "X-Gone" ] } },
            { "type": "URLRewrite", "urlRewrite": {
                "hostname": "new.example.com", "path": { "type": "ReplacePrefixMatch", "replacePrefixMatch": "/new/" } } }
            """, """{ "path": { "value": "/old" } }""")).Translate();

        Assert.Equal(Good, translated.Route("r"));
        Assert.Equal(
            [
                "RequestHeaderOriginalHost=true",
                "RequestHeader=X-Set Set=s", "RequestHeader=X-Add Append=a", "RequestHeaderRemove=X-Gone",
                "ResponseHeader=X-Set Set=s When=Always", "ResponseHeader=X-Add Append=a When=Always",
                "ResponseHeaderRemove=X-Gone When=Always",
                "RequestHeader=Host Set=new.example.com",
                "PathRemovePrefix=/old", "PathPrefix=/new",
            ],
            Transforms(translated));
    }

    [Theory]
    [InlineData("ReplaceFullPath", "replaceFullPath", "/one%20two", "/old", "PathSet=/one two")]
    [InlineData("ReplacePrefixMatch", "replacePrefixMatch", "", "/old", "PathRemovePrefix=/old PathPrefix=/")]
    [InlineData("ReplacePrefixMatch", "replacePrefixMatch", "/", "/old/", "PathRemovePrefix=/old PathPrefix=/")]
    [InlineData("ReplacePrefixMatch", "replacePrefixMatch", "/new", "/", "PathPrefix=/new")]
    public void UrlRewrite_OfThePath_IsATransform(string type, string key, string value, string prefix, string expected)
    {
        var translated = Web().HttpRoute("r", Parent, Rule(
            Backend("a"),
            $$"""{ "type": "URLRewrite", "urlRewrite": { "path": { "type": "{{type}}", "{{key}}": "{{value}}" } } }""",
            $$"""{ "path": { "value": "{{prefix}}" } }""")).Translate();

        Assert.Equal(expected, string.Join(' ', Transforms(translated).Skip(1)));
    }

    [Theory]
    [InlineData("", "302 http://*:8000")]
    [InlineData(""" "scheme": "https" """, "302 https://*")]
    [InlineData(""" "scheme": "https", "port": 8443, "statusCode": 301 """, "301 https://*:8443")]
    [InlineData(""" "port": 80, "hostname": "example.com" """, "302 http://example.com")]
    [InlineData(""" "path": { "type": "ReplaceFullPath", "replaceFullPath": "/a/*" } """, "302 http://*:8000/a/%2A")]
    [InlineData(""" "path": { "type": "ReplacePrefixMatch", "replacePrefixMatch": "/new/" } """, "302 http://*:8000/new/*")]
    public void RequestRedirect_IsInTheMetadata(string redirect, string expected)
    {
        var translated = Empty().Gateway("g", HttpListener("http", 8000)).HttpRoute("r", Parent, Rule(
            "", $$"""{ "type": "RequestRedirect", "requestRedirect": { {{redirect}} } }""", """{ "path": { "value": "/old" } }"""))
            .Translate();

        Assert.Equal(Good, translated.Route("r"));
        var route = Assert.Single(translated.HttpRoutes).Value;
        Assert.Equal(expected, route.Metadata!["GatewayApi.Redirect"]);
        Assert.False(route.Metadata.ContainsKey("GatewayApi.Backends"));
    }

    // The clusters of one Service differ by what its pods are told.
    [Fact]
    public void SourceIp_OfGatewayServiceAndRoute_IsTheClusters()
    {
        var translated = Web().Service("c", annotations: $"\"{ApiNames.SourceIp}\": \"ProxyProtocol/V1\"")
            .HttpRoute("plain", Parent, Rule(Backend("a")))
            .HttpRoute("told", Parent, Rule(Backend("a")), annotations: $"\"{ApiNames.SourceIp}\": \"ProxyProtocol\"")
            .HttpRoute("none", Parent, Rule(Backend("c")), annotations: $"\"{ApiNames.SourceIp}\": \"None\"")
            .HttpRoute("service", Parent, Rule(Backend("c")))
            .Policy(
                "p", """{ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "policy" }""",
                """
                "sourceIp": { "mode": "Transparent", "fallback": "ProxyProtocol", "passThroughTlvs": [ "All" ], "maxHeaderBytes": 200 }
                """)
            .HttpRoute("policy", Parent, Rule(Backend("b"))).Translate();

        Assert.Equal("Accepted=True/Accepted", translated.Policy("p"));
        Assert.Null(translated.HttpClusters["service.default.a.web"].Metadata);
        Assert.Equal(["SourceIp.Mode=ProxyProtocol"], Metadata(translated, "service.default.a.web.proxyprotocol"));
        Assert.Null(translated.HttpClusters["service.default.c.web"].Metadata);
        Assert.Equal(
            ["SourceIp.Mode=ProxyProtocol", "SourceIp.Version=V1"],
            Metadata(translated, Cluster(translated, "service")));
        Assert.Equal(
            [
                "SourceIp.Fallback=ProxyProtocol", "SourceIp.MaxHeaderBytes=200", "SourceIp.Mode=Transparent",
                "SourceIp.PassThroughTlvs=All",
            ],
            Metadata(translated, Cluster(translated, "policy")));
    }

    [Theory]
    [InlineData(""" "mode": "Toa" """, "Toa")]
    [InlineData(""" "mode": "Transparent", "port": "Client" """, "port")]
    [InlineData(""" "mode": "ProxyProtocol", "sslTlvs": true """, "sslTlvs")]
    public void SourceIp_ThatHttpCannotDo_TheRouteIsNotAccepted(string section, string named)
    {
        var translated = Web().HttpRoute("r", Parent, Rule(Backend("a")))
            .Policy("p", """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g" }""", $"\"sourceIp\": {{ {section} }}")
            .Translate();

        Assert.Equal(Unsupported, translated.Route("r"));
        Assert.Contains(named, translated.Why("r"), StringComparison.Ordinal);
        Assert.Empty(translated.HttpRoutes);
        Assert.Empty(translated.HttpClusters);
    }

    [Fact]
    public void ProxyProtocol_OfAPolicy_IsTheListeners()
    {
        var translated = Web().HttpRoute("r", Parent, Rule(Backend("a"))).Policy(
            "p", """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g" }""",
            """ "proxyProtocol": { "trustedProxies": [ "10.0.0.0/8" ] } """).Translate();

        Assert.Equal(["10.0.0.0/8"], translated.Listeners["gateway.default.g.80"].ProxyProtocol!.TrustedProxies);
    }

    [Fact]
    public void SourceIp_ThatListenersOfOnePortSayDifferently_IsTheRoutesToSay()
    {
        const string OfA = """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g", "sectionName": "a" }""";
        const string OfRoute = """{ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "r" }""";
        var objects = Empty().Gateway("g", HttpListener("a", 80, "a.example.com"), HttpListener("b", 80, "b.example.com"))
            .HttpRoute("r", Parent, Rule(Backend("a"))).Policy("a", OfA, """ "sourceIp": { "mode": "ProxyProtocol" } """);
        var translated = objects.Translate();

        Assert.StartsWith("Accepted=False/UnsupportedValue", translated.Route("r"), StringComparison.Ordinal);
        Assert.Contains("a and b of port 80", translated.Why("r"), StringComparison.Ordinal);
        Assert.Equal(
            ["service.default.a.web.proxyprotocol"],
            objects.Policy("r", OfRoute, """ "sourceIp": { "mode": "ProxyProtocol" } """).Translate().HttpClusters.Keys);
    }

    internal static TestObjects Web() => Empty().Gateway("g", HttpListener("http", 80));

    internal static string Rule(string backends, string filters = "", string matches = "", string rest = "") =>
        $$"""{ "matches": [ {{matches}} ], "filters": [ {{filters}} ], "backendRefs": [ {{backends}} ]{{rest}} }""";

    private static (string?, ListenerProtocol?) Address(TranslatedObjects translated, string name) =>
        (translated.Listeners[name].Address, translated.Listeners[name].Protocol);

    private static Yarp.ReverseProxy.Configuration.RouteConfig Route(TranslatedObjects translated, string end) =>
        translated.HttpRoutes[$"httproute.default.r.80{end}"];

    private static string Cluster(TranslatedObjects translated, string route) =>
        translated.HttpRoutes[$"httproute.default.{route}.80"].ClusterId!;

    private static IEnumerable<string> Metadata(TranslatedObjects translated, string cluster) =>
        translated.HttpClusters[cluster].Metadata!.Select(static entry => $"{entry.Key}={entry.Value}");

    private static IEnumerable<string> Transforms(TranslatedObjects translated) =>
        Assert.Single(translated.HttpRoutes).Value.Transforms!
            .Select(static transform => string.Join(' ', transform.Select(static entry => $"{entry.Key}={entry.Value}")));
}
