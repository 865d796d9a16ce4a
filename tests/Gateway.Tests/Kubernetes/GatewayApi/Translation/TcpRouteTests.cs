using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Tcp.Configuration;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>The rules of the conformance profile for TCPRoute, by the names of its tests; and what the gateway adds.</summary>
public sealed class TcpRouteTests
{
    private const string Good = "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs";

    /// <summary>The guide's example, word for word but for the class.</summary>
    [Fact]
    public void StockExample_TwoListenersAndRoutes_BecomeEntriesWithTheirOrigins()
    {
        var translated = new TestObjects().Class().Service("my-foo-service").Service("my-bar-service")
            .Gateway(
                "my-tcp-gateway",
                TcpListener("foo", 8080, """, "allowedRoutes": { "kinds": [ { "kind": "TCPRoute" } ] }"""),
                TcpListener("bar", 8090, """, "allowedRoutes": { "kinds": [ { "kind": "TCPRoute" } ] }"""))
            .Route("tcp-app-1", """{ "name": "my-tcp-gateway", "sectionName": "foo" }""", """{ "name": "my-foo-service", "port": 6000 }""")
            .Route("tcp-app-2", """{ "name": "my-tcp-gateway", "sectionName": "bar" }""", """{ "name": "my-bar-service", "port": 6000 }""")
            .Translate();

        Assert.Equal(["*:8080", "*:8090"], translated.Listeners.Values.Select(static listener => listener.Address));
        Assert.Equal(
            [
                "tcproute.default.tcp-app-1.8080 gateway.default.my-tcp-gateway.8080 service.default.my-foo-service.web -",
                "tcproute.default.tcp-app-2.8090 gateway.default.my-tcp-gateway.8090 service.default.my-bar-service.web -",
            ],
            translated.RouteLines());
        Assert.All(translated.Routes.Values, static route => Assert.Equal(SourceIpMode.None, route.SourceIp!.Mode));
        Assert.Equal("TCPRoute default/tcp-app-1", translated.Origins["TcpProxy:Routes:tcproute.default.tcp-app-1.8080"]);
        Assert.Equal("Gateway default/my-tcp-gateway", translated.Origins["Listeners:gateway.default.my-tcp-gateway.8090"]);
        Assert.Equal("Service default/my-bar-service", translated.Origins["TcpProxy:Clusters:service.default.my-bar-service.web"]);
        Assert.Equal(Good, translated.Route("tcp-app-1"));
        Assert.Equal("Accepted=True/Accepted Programmed=True/Programmed", translated.Gateway("my-tcp-gateway"));
        var status = translated.Listener("my-tcp-gateway", "foo");
        Assert.Equal(["TCPRoute"], status.Kinds);
        Assert.Equal(1, status.AttachedRoutes);
        Assert.Equal(
            "Accepted=True/Accepted Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs Programmed=True/Programmed",
            status.Conditions.Of());
    }

    [Fact]
    public void InvalidBackendRefNonexistent_ItsConnectionsAreRefused()
    {
        var translated = Start().Route("r", """{ "name": "g", "sectionName": "tcp" }""", Backend("missing")).Translate();

        Assert.Equal("Accepted=True/Accepted ResolvedRefs=False/BackendNotFound", translated.Route("r"));
        Assert.Equal(["tcproute.default.r.8080 gateway.default.g.8080 nobody.default.r -"], translated.RouteLines());
    }

    [Theory]
    [InlineData(null, null, "ResolvedRefs=False/RefNotPermitted", "nobody.default.r")]
    [InlineData("TCPRoute", null, "ResolvedRefs=True/ResolvedRefs", "service.elsewhere.c.web")]
    [InlineData("TCPRoute", "c", "ResolvedRefs=True/ResolvedRefs", "service.elsewhere.c.web")]
    [InlineData("TCPRoute", "d", "ResolvedRefs=False/RefNotPermitted", "nobody.default.r")]
    [InlineData("TLSRoute", "c", "ResolvedRefs=False/RefNotPermitted", "nobody.default.r")]
    public void ReferenceGrant_OfTheBackendsNamespace_Decides(string? from, string? to, string expected, string cluster)
    {
        var objects = Start().Service("c", "elsewhere")
            .Route("r", """{ "name": "g", "sectionName": "tcp" }""", Backend("c", rest: """, "namespace": "elsewhere" """));
        _ = from is null ? objects : objects.Grant("elsewhere", from, "Service", to);

        var translated = objects.Translate();

        Assert.Equal($"Accepted=True/Accepted {expected}", translated.Route("r"));
        Assert.Equal(cluster, Assert.Single(translated.Routes).Value.ClusterId);
    }

    [Fact]
    public void InvalidNonTcpListener_IsNotAllowed()
    {
        var translated = Empty().Gateway("g", TlsListener("tls", 8443, null))
            .Route("r", """{ "name": "g", "sectionName": "tls" }""", Backend("a")).Translate();

        Assert.Equal("Accepted=False/NotAllowedByListeners ResolvedRefs=True/ResolvedRefs", translated.Route("r"));
        Assert.Equal(0, translated.Listener("g", "tls").AttachedRoutes);
        Assert.Empty(translated.Listeners);
    }

    [Fact]
    public void MultipleRoutesAttachment_TheOldestGetsTheConnections()
    {
        var translated = Start().Route("older", """{ "name": "g", "sectionName": "tcp" }""", Backend("a"))
            .Route("newer", """{ "name": "g", "sectionName": "tcp" }""", Backend("b")).Translate();

        Assert.Equal((Good, Good), (translated.Route("older"), translated.Route("newer")));
        Assert.Equal(2, translated.Listener("g", "tcp").AttachedRoutes);
        Assert.Equal("service.default.a.web", Assert.Single(translated.Routes).Value.ClusterId);
    }

    [Theory]
    [InlineData("""{ "name": "g" }""", new[] { 8080, 8090 })]
    [InlineData("""{ "name": "g", "port": 8090 }""", new[] { 8090 })]
    [InlineData("""{ "name": "g", "sectionName": "tcp", "port": 8080 }""", new[] { 8080 })]
    [InlineData("""{ "name": "g", "sectionName": "tcp", "port": 8090 }""", new int[0])]
    [InlineData("""{ "name": "g", "sectionName": "none" }""", new int[0])]
    public void ParentRef_NameSectionAndPort_ChooseListeners(string parent, int[] ports)
    {
        var translated = Start().Route("r", parent, Backend("a")).Translate();

        Assert.Equal(
            ports.Select(static port => $"gateway.default.g.{port}"), translated.Routes.Values.Select(static route => route.Listener));
        Assert.StartsWith(
            ports.Length > 0 ? "Accepted=True/Accepted" : "Accepted=False/NoMatchingParent", translated.Route("r"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void ParentRef_ToAnotherControllersGateway_IsNotAnswered()
    {
        var translated = Start()
            .Route("r", """{ "name": "theirs" }, { "name": "g", "kind": "Service", "group": "" }""", Backend("a")).Translate();

        Assert.Empty(translated.RouteStatuses);
        Assert.Empty(translated.Routes);
    }

    [Fact]
    public void WeightedRouting_SharesAndRefusedShares_AreRoutesWithWeights()
    {
        var backends = $"{Backend("a", 70)}, {Backend("missing", 20)}, {Backend("b", 0)}, {Backend("b")}";

        var translated = Start().Route("r", """{ "name": "g", "sectionName": "tcp" }""", backends).Translate();

        Assert.Equal("Accepted=True/Accepted ResolvedRefs=False/BackendNotFound", translated.Route("r"));
        Assert.Equal(
            [
                "tcproute.default.r.8080.b0 gateway.default.g.8080 service.default.a.web 70",
                "tcproute.default.r.8080.b1 gateway.default.g.8080 nobody.default.r 20",
                "tcproute.default.r.8080.b2 gateway.default.g.8080 service.default.b.web 0",
                "tcproute.default.r.8080.b3 gateway.default.g.8080 service.default.b.web 1",
            ],
            translated.RouteLines());
    }

    [Fact]
    public void Weight_ZeroOfTheOnlyBackend_TakesNoConnection() => Assert.Equal(
        ["tcproute.default.r.8080.b0 gateway.default.g.8080 service.default.a.web 0"],
        Start().Route("r", """{ "name": "g", "sectionName": "tcp" }""", Backend("a", 0)).Translate().RouteLines());

    [Theory]
    [InlineData("""{ "name": "a", "kind": "Pod", "port": 6000 }""", "InvalidKind")]
    [InlineData("""{ "name": "a", "group": "example.com", "port": 6000 }""", "InvalidKind")]
    [InlineData("""{ "name": "a", "port": 6001 }""", "BackendNotFound")]
    [InlineData("""{ "name": "a" }""", "BackendNotFound")]
    [InlineData("""{ "name": "a", "port": 53 }""", "UnsupportedProtocol")]
    [InlineData("""{ "name": "external", "port": 6000 }""", "InvalidKind")]
    [InlineData("""{ "name": "unnamed", "port": 6002 }""", "BackendNotFound")]
    [InlineData("""{ "name": "unnamed", "port": 6000 }""", "service.default.unnamed.16000")]
    [InlineData("""{ "name": "unnamed", "port": 6001 }""", "service.default.unnamed.6001")]
    public void Backend_OfManyKinds_IsResolvedOrRefused(string backend, string expected)
    {
        var translated = Start()
            .Add("""
                { "kind": "Service", "metadata": { "name": "external" },
                  "spec": { "type": "ExternalName", "ports": [ { "port": 6000 } ] } }
                """)
            .Add("""
                { "kind": "Service", "metadata": { "name": "unnamed" },
                  "spec": { "ports": [ { "port": 6000, "targetPort": 16000 }, { "port": 6001 }, { "port": 6002, "targetPort": "http" } ] } }
                """)
            .Route("r", """{ "name": "g", "sectionName": "tcp" }""", backend).Translate();

        var cluster = Assert.Single(translated.Routes).Value.ClusterId;
        var isGood = expected.StartsWith("service.", StringComparison.Ordinal);
        Assert.Equal(isGood ? expected : "nobody.default.r", cluster);
        Assert.Equal(isGood ? Good : $"Accepted=True/Accepted ResolvedRefs=False/{expected}", translated.Route("r"));
    }

    [Theory]
    [InlineData("""{ "from": "All" }""", true)]
    [InlineData("""{ "from": "Same" }""", false)]
    [InlineData("""{ "from": "None" }""", false)]
    [InlineData("{ }", false)]
    [InlineData("""{ "from": "Selector", "selector": { "matchLabels": { "team": "shop" } } }""", true)]
    [InlineData("""{ "from": "Selector", "selector": { "matchLabels": { "team": "db" } } }""", false)]
    [InlineData(
        """{ "from": "Selector", "selector": { "matchExpressions": [ { "key": "team", "operator": "In", "values": [ "db", "shop" ] }, """
        + """{ "key": "x", "operator": "DoesNotExist" } ] } }""", true)]
    [InlineData(
        """{ "from": "Selector", "selector": { "matchExpressions": [ { "key": "team", "operator": "NotIn", "values": [ "shop" ] } ] } }""",
        false)]
    [InlineData("""{ "from": "Selector", "selector": { "matchExpressions": [ { "key": "x", "operator": "Exists" } ] } }""", false)]
    [InlineData(
        """{ "from": "Selector", "selector": { "matchExpressions": [ { "key": "x", "operator": "Gt", "values": [ "1" ] } ] } }""", false)]
    [InlineData("""{ "from": "Selector" }""", false)]
    public void AllowedRoutes_OfAnotherNamespace_AsTheListenerSays(string namespaces, bool expected)
    {
        var translated = Empty().Add("""{ "kind": "Namespace", "metadata": { "name": "shop", "labels": { "team": "shop" } } }""")
            .Service("c", "shop").Gateway("g", TcpListener("tcp", 8080, $$""", "allowedRoutes": { "namespaces": {{namespaces}} }"""))
            .Route("r", """{ "name": "g", "namespace": "default" }""", Backend("c"), ns: "shop").Translate();

        Assert.Equal(expected ? Good : "Accepted=False/NotAllowedByListeners ResolvedRefs=True/ResolvedRefs", translated.Route("r"));
        Assert.Equal(expected ? 1 : 0, translated.Routes.Count);
    }

    [Fact]
    public void Refused_ARouteOfTheConfiguration_SaysSoAndLeavesTheOthersAlone()
    {
        var refused = new RefusedEntries(
            new Dictionary<string, string> { ["TcpProxy:Routes:tcproute.default.bad.8080:SourceIp:Mode"] = "it cannot" });

        var translated = Start().Route("bad", """{ "name": "g", "sectionName": "tcp" }""", Backend("a"))
            .Route("good", """{ "name": "g", "sectionName": "other" }""", Backend("b")).Translate(refused);

        Assert.Equal("Accepted=False/UnsupportedValue ResolvedRefs=True/ResolvedRefs", translated.Route("bad"));
        Assert.Equal("it cannot", translated.RouteStatuses[0].Parents[0].Conditions[0].Message);
        Assert.Equal(Good, translated.Route("good"));
        Assert.Equal(["gateway.default.g.8090"], translated.Listeners.Keys);
    }
}
