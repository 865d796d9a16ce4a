using Gateway.Configuration;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Testing.Certificates;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>The rules of the conformance profile for TLSRoute, by the names of its tests.</summary>
public sealed class TlsRouteTests
{
    private const string Good = "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs";
    private const string Parent = """{ "name": "g" }""";

    private static readonly TestAuthority Authority = new("test");

    [Fact]
    public void SimpleSameNamespace_Passthrough_MatchesTheServerName()
    {
        var translated = Empty().Gateway("g", TlsListener("tls", 8443, "*.example.com"))
            .Route("r", Parent, Backend("a"), "\"abc.example.com\"", "TLSRoute").Translate();

        Assert.Equal(Good, translated.Route("r"));
        Assert.Equal(["tlsroute.default.r.8443 gateway.default.g.8443 service.default.a.web - abc.example.com"], translated.RouteLines());
        Assert.Equal(ListenerProtocol.Tcp, translated.Listeners["gateway.default.g.8443"].Protocol);
        Assert.Equal(["TLSRoute"], translated.Listener("g", "tls").Kinds);
    }

    [Theory]
    [InlineData(null, "abc.example.com", "abc.example.com")]
    [InlineData("", "*.example.com", "*.example.com")]
    [InlineData("abc.example.com", "abc.example.com", "abc.example.com")]
    [InlineData("abc.example.com", "*.example.com", "abc.example.com")]
    [InlineData("abc.example.com", "*.com", "abc.example.com")]
    [InlineData("*.example.com", "Abc.Example.com", "abc.example.com")]
    [InlineData("*.example.com", "a.b.example.com", "a.b.example.com")]
    [InlineData("*.example.com", "*.com", "*.example.com")]
    [InlineData("*.com", "*.example.com", "*.example.com")]
    [InlineData("*.example.com", "example.com", null)]
    [InlineData("*.example.com", "test.example.net", null)]
    [InlineData("abc.example.com", "xabc.example.com", null)]
    [InlineData("*.example.com", "abcexample.com", null)]
    public void HostnameIntersection_IsTheNarrower(string? listener, string route, string? expected) =>
        Assert.Equal(expected, Hostnames.Intersect(listener, route));

    [Fact]
    public void InvalidNoMatchingListenerHostname_IsNotAccepted()
    {
        var translated = Empty().Gateway("g", TlsListener("tls", 8443, "a.example.com"))
            .Route("r", Parent, Backend("a"), "\"b.example.com\"", "TLSRoute").Translate();

        Assert.Equal("Accepted=False/NoMatchingListenerHostname ResolvedRefs=True/ResolvedRefs", translated.Route("r"));
        Assert.Equal(0, translated.Listener("g", "tls").AttachedRoutes);
    }

    [Fact]
    public void SeveralListenersWithOnePort_AreOneWithTheNamesOfAll()
    {
        var translated = Empty().Gateway("g", TlsListener("a", 8443, "a.example.com"), TlsListener("b", 8443, "*.example.org"))
            .Route("r", Parent, Backend("a"), "\"a.example.com\", \"x.example.org\", \"other.example.net\"", "TLSRoute")
            .Route("younger", Parent, Backend("b"), "\"x.example.org\", \"y.example.org\"", "TLSRoute").Translate();

        Assert.Equal(["gateway.default.g.8443"], translated.Listeners.Keys);
        Assert.Equal(
            [
                "tlsroute.default.r.8443 gateway.default.g.8443 service.default.a.web - a.example.com,x.example.org",
                "tlsroute.default.younger.8443 gateway.default.g.8443 service.default.b.web - y.example.org",
            ],
            translated.RouteLines());
        Assert.Equal((1, 2), (translated.Listener("g", "a").AttachedRoutes, translated.Listener("g", "b").AttachedRoutes));
    }

    // What the client's server name decides, it decides before the policy of a listener counts.
    [Fact]
    public void SeveralListenersWithOnePort_EachHasThePolicyOfItsOwn()
    {
        var translated = Empty()
            .Gateway(
                "g", TlsListener("a", 8443, "a.example.com"), TlsListener("b", 8443, "b.example.com"), TlsListener("c", 8443, "c.example.com"))
            .Policy(
                "p",
                """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g", "sectionName": "b" }""",
                """ "sourceIp": { "mode": "ProxyProtocol" } """)
            .Route("r", Parent, $"{Backend("a")}, {Backend("b")}", kind: "TLSRoute").Translate();

        Assert.Equal(Good, translated.Route("r"));
        Assert.Equal(
            [
                "tlsroute.default.r.8443.b0 None a.example.com,c.example.com", "tlsroute.default.r.8443.b1 None a.example.com,c.example.com",
                "tlsroute.default.r.8443.p1.b0 ProxyProtocol b.example.com", "tlsroute.default.r.8443.p1.b1 ProxyProtocol b.example.com",
            ],
            translated.Routes.OrderBy(static route => route.Key, StringComparer.Ordinal).Select(static route =>
                $"{route.Key} {route.Value.SourceIp!.Mode} {string.Join(',', route.Value.Match!.ServerNames)}"));
    }

    /// <summary>A listener may be another team's, and let in other namespaces: a route of a wider listener gets none of its clients.</summary>
    [Fact]
    public void NarrowerListener_KeepsItsNamesFromRoutesOfTheWider()
    {
        var translated = Empty()
            .Gateway(
                "g",
                TlsListener("all", 8443, "*.example.com", rest: """, "allowedRoutes": { "namespaces": { "from": "All" } }"""),
                TlsListener("admin", 8443, "admin.example.com"), TlsListener("shops", 8443, "*.shop.example.com"))
            .Service("a", "elsewhere")
            .Route(
                "foreign", """{ "name": "g", "namespace": "default" }""", Backend("a"),
                "\"admin.example.com\", \"x.shop.example.com\", \"*.example.com\"", "TLSRoute", "elsewhere")
            .Route("shop", Parent, Backend("b"), "\"y.shop.example.com\"", "TLSRoute").Translate();

        Assert.Equal(
            [
                "nobody.default.g.8443.admin gateway.default.g.8443 nobody.default.g - admin.example.com",
                "nobody.default.g.8443.shops gateway.default.g.8443 nobody.default.g - **.shop.example.com",
                "tlsroute.default.shop.8443 gateway.default.g.8443 service.default.b.web - y.shop.example.com",
                "tlsroute.elsewhere.foreign.8443 gateway.default.g.8443 service.elsewhere.a.web - **.example.com",
            ],
            translated.RouteLines().Order(StringComparer.Ordinal));
        Assert.Contains("nobody.default.g", translated.Clusters.Keys);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("a.example.com", 1)]
    public void Route_WithoutNames_TakesThoseOfTheListener(string? hostname, int names) => Assert.Equal(
        names,
        Assert.Single(
            Empty().Gateway("g", TlsListener("tls", 8443, hostname)).Route("r", Parent, Backend("a"), kind: "TLSRoute").Translate().Routes)
            .Value.Match?.ServerNames.Count ?? 0);

    [Fact]
    public void ListenerPassthroughSupportedKinds_WithATcpRoute_IsUnresolvedAndKeepsTheOther()
    {
        var translated = Empty()
            .Gateway("g", TlsListener(
                "tls", 8443, null, rest: """, "allowedRoutes": { "kinds": [ { "kind": "TCPRoute" }, { "kind": "TLSRoute" } ] }"""))
            .Gateway("only", TlsListener("tls", 8444, null, rest: """, "allowedRoutes": { "kinds": [ { "kind": "HTTPRoute" } ] }"""))
            .Translate();

        Assert.Contains("ResolvedRefs=False/InvalidRouteKinds", translated.Listener("g", "tls").Conditions.Of(), StringComparison.Ordinal);
        Assert.Equal(["TLSRoute"], translated.Listener("g", "tls").Kinds);
        Assert.Contains(
            "ResolvedRefs=False/InvalidRouteKinds", translated.Listener("only", "tls").Conditions.Of(), StringComparison.Ordinal);
        Assert.Empty(translated.Listener("only", "tls").Kinds);
    }

    [Fact]
    public void ListenerMixedTerminationNotSupported_BothAreInConflict()
    {
        var translated = Empty()
            .Gateway(
                "g", TlsListener("end", 8443, "a.example.com", "Terminate"), TlsListener("pass", 8443, "b.example.com"),
                TcpListener("fine", 8080))
            .Route("r", Parent, Backend("a"), "\"a.example.com\"", "TLSRoute").Translate();

        Assert.All(["end", "pass"], name =>
        {
            var status = translated.Listener("g", name);
            Assert.StartsWith(
                "Accepted=False/ProtocolConflict Conflicted=True/ProtocolConflict", status.Conditions.Of(), StringComparison.Ordinal);
            Assert.Equal(0, status.AttachedRoutes);
        });
        Assert.Equal("Accepted=True/ListenersNotValid Programmed=True/Programmed", translated.Gateway("g"));
        Assert.Empty(translated.Listeners);
    }

    [Fact]
    public void TerminateSimpleSameNamespace_TheSecretIsTheCertificate()
    {
        var pair = Authority.Issue("a", "a.example.com");
        var translated = Empty().Secret("cert", pair.Certificate, pair.Key)
            .Gateway("g", TlsListener("tls", 8443, null, "Terminate", """{ "name": "cert" }"""))
            .Route("r", Parent, Backend("a"), "\"a.example.com\"", "TLSRoute").Translate();

        var listener = translated.Listeners["gateway.default.g.8443"];
        Assert.Equal(ListenerProtocol.Tls, listener.Protocol);
        Assert.Equal("secret://default/cert/tls.crt", listener.Tls!.Certificates["default.cert"].Path);
        Assert.Equal("default.cert", listener.Tls.DefaultCertificate);
        Assert.Contains(
            "ResolvedRefs=True/ResolvedRefs Programmed=True", translated.Listener("g", "tls").Conditions.Of(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "InvalidCertificateRef")]
    [InlineData("""{ "name": "missing" }""", "InvalidCertificateRef")]
    [InlineData("""{ "name": "broken" }""", "InvalidCertificateRef")]
    [InlineData("""{ "name": "empty" }""", "InvalidCertificateRef")]
    [InlineData("""{ "name": "broken", "kind": "ConfigMap" }""", "InvalidCertificateRef")]
    [InlineData("""{ "name": "broken", "group": "example.com" }""", "InvalidCertificateRef")]
    [InlineData("""{ "name": "theirs", "namespace": "elsewhere" }""", "RefNotPermitted")]
    public void InvalidTlsConfiguration_IsUnresolvedAndNotServed(string reference, string reason)
    {
        var translated = Empty()
            .Secret("broken", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", "x").Secret("theirs", "x", "x", "elsewhere")
            .Add("""{ "kind": "Secret", "metadata": { "name": "empty" } }""")
            .Gateway("g", TlsListener("tls", 8443, null, "Terminate", reference))
            .Route("r", Parent, Backend("a"), "\"a.example.com\"", "TLSRoute").Translate();

        var said = translated.Listener("g", "tls").Conditions.Of();
        Assert.EndsWith($"ResolvedRefs=False/{reason} Programmed=False/Invalid", said, StringComparison.Ordinal);
        Assert.Equal("Accepted=True/Accepted Programmed=False/Invalid", translated.Gateway("g"));
        Assert.Empty(translated.Listeners);
        Assert.Empty(translated.Routes);
    }

    [Fact]
    public void Secret_OfAnotherNamespaceThatAllowsIt_IsUsed()
    {
        var pair = Authority.Issue("a", "a.example.com");
        var objects = Empty().Secret("theirs", pair.Certificate, pair.Key, "elsewhere").Grant("elsewhere", "Gateway", "Secret")
            .Gateway("g", TlsListener("tls", 8443, "a.example.com", "Terminate", """{ "name": "theirs", "namespace": "elsewhere" }"""))
            .Route("r", Parent, Backend("a"), "\"a.example.com\"", "TLSRoute");

        var listener = Assert.Single(objects.Translate().Listeners).Value;
        Assert.Null(listener.Tls!.DefaultCertificate);
        var files = new SecretFiles();
        Assert.NotNull(files.Read(listener.Tls.Certificates["elsewhere.theirs"].Path!).Error);
        files.Update(objects.Build().Secrets);
        Assert.Equal(pair.Certificate, files.Read(listener.Tls.Certificates["elsewhere.theirs"].Path!).Text);
        Assert.Equal(pair.Key, files.Read(SecretFiles.PathOf(new ResourceKey("elsewhere", "theirs"), "tls.key")).Text);
    }
}
