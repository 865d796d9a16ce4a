using Gateway.Configuration;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Tcp.Configuration;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>SourceIpPolicy, and the annotation.</summary>
public sealed class PolicyTests
{
    private const string Parent = """{ "name": "g", "sectionName": "tcp" }""";
    private const string OfGateway = """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g" }""";
    private const string OfListener = """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g", "sectionName": "tcp" }""";
    private const string OfRoute = """{ "group": "gateway.networking.k8s.io", "kind": "TCPRoute", "name": "r" }""";
    private const string OfService = """{ "group": "", "kind": "Service", "name": "a" }""";

    /// <summary>The user's test: the stock example and one line.</summary>
    [Theory]
    [InlineData("ProxyProtocol", SourceIpMode.ProxyProtocol, ProxyProtocolVersion.V2)]
    [InlineData("ProxyProtocol/V1", SourceIpMode.ProxyProtocol, ProxyProtocolVersion.V1)]
    [InlineData("Transparent", SourceIpMode.Transparent, ProxyProtocolVersion.V2)]
    [InlineData("Toa", SourceIpMode.Toa, ProxyProtocolVersion.V2)]
    [InlineData("None", SourceIpMode.None, ProxyProtocolVersion.V2)]
    public void Annotation_OfTheRoute_IsItsSourceIp(string text, SourceIpMode mode, ProxyProtocolVersion version)
    {
        var translated = Start().Route("r", Parent, Backend("a"), annotations: $"\"{ApiNames.SourceIp}\": \"{text}\"").Translate();

        var sourceIp = Assert.Single(translated.Routes).Value.SourceIp!;
        Assert.Equal((mode, version), (sourceIp.Mode, sourceIp.Version));
    }

    [Theory]
    [InlineData("proxyprotocol")]
    [InlineData("Dnat")]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("ProxyProtocol/V3")]
    [InlineData("ProxyProtocol/V1/x")]
    public void Annotation_ThatIsWrong_TheRouteIsNotAccepted(string text)
    {
        var translated = Start().Route("r", Parent, Backend("a"), annotations: $"\"{ApiNames.SourceIp}\": \"{text}\"")
            .Route("good", """{ "name": "g", "sectionName": "other" }""", Backend("a")).Translate();

        Assert.Equal("Accepted=False/UnsupportedValue ResolvedRefs=True/ResolvedRefs", translated.Route("r"));
        Assert.Equal(["tcproute.default.good.8090"], translated.Routes.Keys);
    }

    [Fact]
    public void Policies_AtSeveralObjects_TheNarrowestDecides()
    {
        var objects = Empty().Service("c", annotations: $"\"{ApiNames.SourceIp}\": \"ProxyProtocol/V1\"")
            .Gateway("g", TcpListener("tcp", 8080), TcpListener("other", 8090))
            .Route("r", """{ "name": "g" }""", $"{Backend("a")}, {Backend("c")}")
            .Route("t", """{ "name": "g" }""", Backend("a"), kind: "TLSRoute")
            .Policy("gateway", OfGateway, """ "sourceIp": { "mode": "Toa" } """);

        Assert.Equal([Toa(), V1(), Toa(), V1()], Modes(objects));
        objects.Policy(
            "listener", OfListener, """ "sourceIp": { "mode": "Transparent", "port": "Client", "fallback": "ProxyProtocol" } """);
        Assert.Equal([(SourceIpMode.Transparent, ProxyProtocolVersion.V2), V1(), Toa(), V1()], Modes(objects));
        objects.Policy("service", OfService, """ "sourceIp": { "mode": "ProxyProtocol" } """);
        Assert.Equal([V2(), V1(), V2(), V1()], Modes(objects));
        objects.Policy("route", OfRoute, """ "sourceIp": { "mode": "None" } """);
        Assert.Equal([None(), None(), None(), None()], Modes(objects));
        Assert.All(
            ["gateway", "listener", "service", "route"], name => Assert.Equal("Accepted=True/Accepted", objects.Translate().Policy(name)));

        static IEnumerable<(SourceIpMode?, ProxyProtocolVersion)> Modes(TestObjects objects) =>
            objects.Translate().Routes.OrderBy(static route => route.Key, StringComparer.Ordinal)
                .Select(static route => (route.Value.SourceIp!.Mode, route.Value.SourceIp.Version));
        static (SourceIpMode?, ProxyProtocolVersion) Toa() => (SourceIpMode.Toa, ProxyProtocolVersion.V2);
        static (SourceIpMode?, ProxyProtocolVersion) V1() => (SourceIpMode.ProxyProtocol, ProxyProtocolVersion.V1);
        static (SourceIpMode?, ProxyProtocolVersion) V2() => (SourceIpMode.ProxyProtocol, ProxyProtocolVersion.V2);
        static (SourceIpMode?, ProxyProtocolVersion) None() => (SourceIpMode.None, ProxyProtocolVersion.V2);
    }

    [Fact]
    public void Policy_EveryKey_IsTakenOver()
    {
        var translated = Start().Route("r", Parent, Backend("a")).Policy("p", OfGateway, """
            "sourceIp": { "mode": "ProxyProtocol", "version": "V2", "passThroughTlvs": [ "All" ], "sslTlvs": true,
                          "maxHeaderBytes": 536, "fallback": "None" },
            "proxyProtocol": { "header": "Optional", "trustedProxies": [ "clb" ], "healthCheckers": [ "100.64.0.0/10" ],
                               "untrusted": "Direct" }
            """).Translate();

        var sourceIp = Assert.Single(translated.Routes).Value.SourceIp!;
        Assert.Equal(["All"], sourceIp.PassThroughTlvs);
        Assert.Equal((true, 536, SourceIpFallback.None), (sourceIp.SslTlvs, sourceIp.MaxHeaderBytes, sourceIp.Fallback));
        var listener = Assert.Single(translated.Listeners).Value.ProxyProtocol!;
        Assert.Equal(["clb"], listener.TrustedProxies);
        Assert.Equal(["100.64.0.0/10"], listener.HealthCheckers);
        Assert.Equal((HeaderExpectation.Optional, UntrustedPeerAction.Direct), (listener.Header, listener.Untrusted));
    }

    [Fact]
    public void ForwardedHeaders_EveryKey_IsTakenOverByHttpListenersAlone()
    {
        var translated = Empty().Gateway("g", TcpListener("tcp", 8080), HttpListener("http", 80))
            .Route("r", Parent, Backend("a")).HttpRoute("h", """{ "name": "g", "sectionName": "http" }""", HttpRouteTests.Rule(Backend("a")))
            .Policy("p", OfGateway, """
                "forwardedHeaders": { "trustedProxies": [ "cdn" ], "trustedHops": 2, "trustedHeaders": [ "For", "Host" ], "untrusted": "Drop",
                                      "drop": [ "X-User" ], "envoyExternalAddress": true }
                """).Translate();

        var headers = translated.Listeners["gateway.default.g.80"].ForwardedHeaders!;
        Assert.Equal(["cdn"], headers.TrustedProxies);
        Assert.Equal(["For", "Host"], headers.TrustedHeaders);
        Assert.Equal(["X-User"], headers.Drop);
        Assert.Equal(
            (2, UntrustedForwardedHeaders.Drop, true), (headers.TrustedHops, headers.Untrusted, headers.EnvoyExternalAddress));
        Assert.Null(translated.Listeners["gateway.default.g.8080"].ForwardedHeaders);
        Assert.Equal("Accepted=True/Accepted", translated.Policy("p"));
    }

    [Fact]
    public void ForwardedHeaders_WithoutKeys_HaveTheFilesDefaults()
    {
        var translated = HttpRouteTests.Web().HttpRoute("h", """{ "name": "g" }""", HttpRouteTests.Rule(Backend("a")))
            .Policy("p", OfGateway, """ "forwardedHeaders": { "trustedProxies": [ "10.0.0.0/8" ] } """).Translate();

        var headers = Assert.Single(translated.Listeners).Value.ForwardedHeaders!;
        Assert.Equal(["For", "Proto", "Port"], headers.TrustedHeaders);
        Assert.Equal((null, UntrustedForwardedHeaders.Keep, 0), (headers.TrustedHops, headers.Untrusted, headers.Drop.Count));
    }

    [Fact]
    public void ForwardedHeaders_OfATcpListener_CloseIt()
    {
        var translated = Start().Route("r", Parent, Backend("a"))
            .Policy("p", OfListener, """ "forwardedHeaders": { "trustedProxies": [ "10.0.0.0/8" ] } """).Translate();

        Assert.Empty(translated.Listeners);
        Assert.Contains("HTTP and HTTPS", translated.Listener("g", "tcp").Conditions[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OfRoute, """ "sourceIp": { "mode": "Dnat" } """, "Invalid")]
    [InlineData(OfRoute, """ "forwardedHeaders": { "trustedProxies": [ "10.0.0.0/8" ] } """, "Invalid")]
    [InlineData(OfGateway, """ "forwardedHeaders": { "untrusted": "Maybe" } """, "Invalid")]
    [InlineData(OfRoute, """ "sourceIp": { } """, "Invalid")]
    [InlineData(OfRoute, """ "sourceIp": { "mode": "Toa", "version": "3" } """, "Invalid")]
    [InlineData(OfRoute, """ "sourceIp": { "mode": "Toa", "port": "3" } """, "Invalid")]
    [InlineData(OfRoute, """ "sourceIp": { "mode": "Toa", "fallback": "3" } """, "Invalid")]
    [InlineData(OfRoute, """ "proxyProtocol": { "trustedProxies": [ "10.0.0.0/8" ] } """, "Invalid")]
    [InlineData(OfRoute, """ "x": 1 """, "Invalid")]
    [InlineData(OfGateway, """ "proxyProtocol": { "header": "Maybe" } """, "Invalid")]
    [InlineData(OfGateway, """ "proxyProtocol": { "untrusted": "Maybe" } """, "Invalid")]
    [InlineData("""{ "group": "", "kind": "Pod", "name": "r" }""", """ "sourceIp": { "mode": "None" } """, null)]
    [InlineData("""{ "group": "", "kind": "TCPRoute", "name": "r" }""", """ "sourceIp": { "mode": "None" } """, "Invalid")]
    [InlineData(
        """{ "group": "gateway.networking.k8s.io", "kind": "TCPRoute", "name": "x" }""",
        """ "sourceIp": { "mode": "None" } """, "TargetNotFound")]
    [InlineData(
        """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g", "sectionName": "x" }""",
        """ "sourceIp": { "mode": "None" } """, "TargetNotFound")]
    public void Policy_ThatIsWrong_SaysSo(string target, string spec, string? reason)
    {
        var translated = Start().Route("r", Parent, Backend("a")).Policy("p", target, spec).Translate();

        Assert.Equal(
            reason is null ? "" : $"Accepted=False/{reason}",
            reason is null ? translated.PolicyStatuses.Count == 0 ? "" : "?" : translated.Policy("p"));
    }

    [Fact]
    public void Policy_ThatCannotBeRead_ClosesWhatItIsFor()
    {
        var ofRoute = Start().Route("r", Parent, Backend("a")).Policy("p", OfRoute, """ "sourceIp": { "mode": "x" } """).Translate();
        var ofListener = Start().Route("r", Parent, Backend("a"))
            .Policy("p", OfGateway, """ "proxyProtocol": { "header": "x" } """).Translate();

        Assert.Empty(ofRoute.Routes);
        Assert.Equal("Accepted=False/UnsupportedValue ResolvedRefs=True/ResolvedRefs", ofRoute.Route("r"));
        Assert.Empty(ofListener.Listeners);
        Assert.StartsWith("Accepted=False/UnsupportedValue", ofListener.Listener("g", "tcp").Conditions.Of(), StringComparison.Ordinal);
    }

    [Fact]
    public void TwoPolicies_OfOneObject_TheOlderDecides()
    {
        var translated = Start().Route("r", Parent, Backend("a")).Policy("older", OfRoute, """ "sourceIp": { "mode": "Toa" } """)
            .Policy("newer", OfRoute, """ "sourceIp": { "mode": "None" } """).Translate();

        Assert.Equal(SourceIpMode.Toa, Assert.Single(translated.Routes).Value.SourceIp!.Mode);
        Assert.Equal("Accepted=True/Accepted", translated.Policy("older"));
        Assert.Equal("Accepted=False/Conflicted", translated.Policy("newer"));
    }

    // Its status says Invalid, so it must not be in force either, nor be in the way of one that is right.
    [Fact]
    public void Policy_OfAnotherGroup_IsNotInForce()
    {
        var translated = Start().Route("r", Parent, Backend("a"))
            .Policy("wrong", """{ "group": "", "kind": "TCPRoute", "name": "r" }""", """ "sourceIp": { "mode": "Toa" } """)
            .Policy("right", OfRoute, """ "sourceIp": { "mode": "Transparent" } """).Translate();

        Assert.Equal(SourceIpMode.Transparent, Assert.Single(translated.Routes).Value.SourceIp!.Mode);
        Assert.Equal("Accepted=False/Invalid", translated.Policy("wrong"));
        Assert.Equal("Accepted=True/Accepted", translated.Policy("right"));
    }

    [Fact]
    public void Policy_WithASectionOfARoute_SaysThatItIsNotInForce()
    {
        var translated = Start().Route("r", Parent, Backend("a"))
            .Policy(
                "p",
                """{ "group": "gateway.networking.k8s.io", "kind": "TCPRoute", "name": "r", "sectionName": "x" }""",
                """ "sourceIp": { "mode": "Toa" } """)
            .Translate();

        Assert.Equal(SourceIpMode.None, Assert.Single(translated.Routes).Value.SourceIp!.Mode);
        Assert.Equal("Accepted=False/Invalid", translated.Policy("p"));
    }

    [Theory]
    [InlineData("proxyProtocol", "10.0.0.0/8", "10.0.0.0/8", true)]
    [InlineData("proxyProtocol", "10.0.0.0/8", "10.0.0.0/9", false)]
    [InlineData("forwardedHeaders", "10.0.0.0/8", "10.0.0.0/9", false)]
    public void Policies_OfListenersOfOnePort_MustSayTheSame(string section, string one, string other, bool isServed)
    {
        const string listener = """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g", "sectionName": """;
        var translated = Empty()
            .Gateway("g", HttpListener("a", 80, "a.example.com"), HttpListener("b", 80, "b.example.com"), HttpListener("c", 81))
            .HttpRoute("h", """{ "name": "g" }""", HttpRouteTests.Rule(Backend("a")))
            .Policy("a", listener + "\"a\" }", $$""" "{{section}}": { "trustedProxies": [ "{{one}}" ] } """)
            .Policy("b", listener + "\"b\" }", $$""" "{{section}}": { "trustedProxies": [ "{{other}}" ] } """).Translate();

        Assert.Equal(isServed, translated.Listeners.ContainsKey("gateway.default.g.80"));
        Assert.Contains("gateway.default.g.81", translated.Listeners.Keys);
        Assert.StartsWith(
            isServed ? "Accepted=True/Accepted" : "Accepted=False/UnsupportedValue",
            translated.Listener("g", "a").Conditions.Of(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Policy_OfObjectsThatAreNotOurs_IsNotAnswered()
    {
        var translated = Empty().Add("""{ "kind": "Gateway", "metadata": { "name": "g" }, "spec": { "gatewayClassName": "other" } }""")
            .Policy("p", OfGateway, """ "sourceIp": { "mode": "Toa" } """)
            .Policy("s", OfService, """ "sourceIp": { "mode": "Toa" } """).Translate();

        Assert.Empty(translated.PolicyStatuses);
    }
}
