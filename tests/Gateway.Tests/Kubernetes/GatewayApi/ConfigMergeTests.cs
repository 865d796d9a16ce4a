using Gateway.Configuration.Loading;
using Gateway.Kubernetes.GatewayApi;
using Gateway.Tests.Kubernetes.GatewayApi.Translation;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi;

/// <summary>The file and the cluster become one configuration, and what is wrong with one object is its own problem.</summary>
public sealed class ConfigMergeTests
{
    private const string File = """
        {
          "Networks": { "clb": [ "10.0.0.0/8" ] },
          "Kubernetes": { "GatewayClass": "gw" },
          "Listeners": { "db": { "Address": "*:5432", "Protocol": "Tcp" } },
          "TcpProxy": {
            "Routes": { "db": { "Listener": "db", "ClusterId": "db", "SourceIp": { "Mode": "None" } } },
            "Clusters": { "db": { "Destinations": { "a": { "Address": "192.0.2.1:5432" } } } }
          },
          "ReverseProxy": {
            "Routes": { "httproute.default.mine.80": { "ClusterId": "mine", "Match": { "Path": "/{**all}" } } },
            "Clusters": { "mine": { "Destinations": { "a": { "Address": "http://192.0.2.1/" } } } }
          }
        }
        """;

    [Fact]
    public void Merge_GoodObjects_StandBesideTheFile()
    {
        var merged = Merge(Start().Route("r", """{ "name": "g", "sectionName": "tcp" }""", Backend("a")).Policy(
            "p",
            """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g" }""",
            """ "sourceIp": { "mode": "ProxyProtocol" }, "proxyProtocol": { "trustedProxies": [ "clb" ] } """));

        var config = merged.Result.Config!;
        Assert.Null(merged.Problem);
        Assert.Equal(["db", "gateway.default.g.8080"], config.Listeners.Keys);
        Assert.Equal(["db", "tcproute.default.r.8080"], config.TcpProxy.Routes.Keys);
        // Names of networks are resolved, as in the file.
        Assert.Equal(["10.0.0.0/8"], config.Listeners["gateway.default.g.8080"].ProxyProtocol!.TrustedProxies);
        Assert.Equal("TCPRoute default/r", merged.Result.Origins["TcpProxy:Routes:tcproute.default.r.8080"]);
        Assert.DoesNotContain("TcpProxy:Routes:db", merged.Result.Origins.Keys);
    }

    /// <summary>What the file would say by writing a key, an object says by its value.</summary>
    [Theory]
    [InlineData(""" "untrusted": "Drop" """, true)]
    [InlineData(""" "trustedProxies": [ "clb" ] """, true)]
    [InlineData("", false)]
    [InlineData(""" "trustedProxies": [ "nobody" ] """, false)]
    [InlineData(""" "trustedProxies": [ "clb" ], "trustedHops": 99 """, false)]
    public void Merge_ForwardedHeaders_AreJudgedLikeTheFiles(string headers, bool isGood)
    {
        var merged = Merge(HttpRouteTests.Web().HttpRoute("r", """{ "name": "g" }""", HttpRouteTests.Rule(Backend("a"))).Policy(
            "p",
            """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g" }""",
            $$""" "forwardedHeaders": { {{headers}} } """));

        Assert.Null(merged.Problem);
        Assert.StartsWith(
            isGood ? "Accepted=True" : "Accepted=False/UnsupportedValue",
            merged.Objects.Listener("g", "http").Conditions.Of(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5432, "Accepted=False/PortUnavailable")]
    [InlineData(9901, "Accepted=False/PortUnavailable")]
    [InlineData(5433, "Accepted=True/Accepted")]
    public void Merge_APortOfTheFile_IsTheFiles(int port, string expected)
    {
        var merged = Merge(Empty().Gateway("g", TcpListener("mine", port), TcpListener("fine", 8080))
            .Route("r", """{ "name": "g" }""", Backend("a")));

        Assert.Null(merged.Problem);
        Assert.StartsWith(expected, merged.Objects.Listener("g", "mine").Conditions.Of(), StringComparison.Ordinal);
        Assert.Contains("gateway.default.g.8080", merged.Result.Config!.Listeners.Keys);
        Assert.Equal("*:5432", merged.Result.Config.Listeners["db"].Address);
    }

    [Fact]
    public void Merge_ObjectsThatTheValidationRefuses_LeaveTheOthersAlone()
    {
        var merged = Merge(Empty().Gateway("bad", TcpListener("tcp", 8080))
            .Gateway("g", TcpListener("tcp", 8081), TcpListener("other", 8082))
            .Route("r", """{ "name": "bad" }, { "name": "g" }""", Backend("a"))
            .Policy(
                "networks", """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "bad" }""",
                """ "proxyProtocol": { "trustedProxies": [ "nobody" ] } """)
            .Route("tlv", """{ "name": "g", "sectionName": "other" }""", Backend("a"))
            .Policy(
                "tlvs", """{ "group": "gateway.networking.k8s.io", "kind": "TCPRoute", "name": "r" }""",
                """ "sourceIp": { "mode": "ProxyProtocol", "maxHeaderBytes": 1 } """));

        Assert.Null(merged.Problem);
        Assert.StartsWith(
            "Accepted=False/UnsupportedValue", merged.Objects.Listener("bad", "tcp").Conditions.Of(), StringComparison.Ordinal);
        var conditions = merged.Objects.RouteStatuses[0].Parents.Select(static parent => parent.Conditions[0]).ToList();
        Assert.False(conditions[1].IsTrue);
        Assert.Contains("must be from 52 to 65551", conditions[1].Message, StringComparison.Ordinal);
        Assert.Equal(["db", "tcproute.default.tlv.8082"], merged.Result.Config!.TcpProxy.Routes.Keys);
    }

    // YARP takes an international name only if it is not encoded.
    [Fact]
    public void Merge_HttpRoutes_AreJudgedLikeTheFiles()
    {
        var merged = Merge(HttpRouteTests.Web()
            .HttpRoute("good", """{ "name": "g" }""", HttpRouteTests.Rule(Backend("a")))
            .HttpRoute("same", """{ "name": "g" }""", HttpRouteTests.Rule(Backend("a")))
            .HttpRoute("idn", """{ "name": "g" }""", HttpRouteTests.Rule(Backend("a")), "\"*.xn--mnchen-3ya.example\"")
            .HttpRoute("bad", """{ "name": "g" }""", HttpRouteTests.Rule(Backend("a")), "\"*.*\"")
            .HttpRoute("tlv", """{ "name": "g" }""", HttpRouteTests.Rule(Backend("b")))
            .HttpRoute("mine", """{ "name": "g" }""", HttpRouteTests.Rule(Backend("a")))
            .Policy(
                "tlvs", """{ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "tlv" }""",
                """ "sourceIp": { "mode": "ProxyProtocol", "maxHeaderBytes": 1 } """));

        Assert.Null(merged.Problem);
        var proxy = merged.Result.Config!.ReverseProxy;
        Assert.Equal(
            [
                "httproute.default.mine.80", "httproute.default.good.80", "httproute.default.same.80", "httproute.default.idn.80",
            ],
            proxy.Routes.Select(static route => route.RouteId));
        Assert.Equal(["mine", "service.default.a.web"], proxy.Clusters.Select(static cluster => cluster.ClusterId));
        Assert.Equal("HTTPRoute default/good", merged.Result.Origins["ReverseProxy:Routes:httproute.default.good.80"]);
        Assert.All(["bad", "tlv", "mine"], name => Assert.StartsWith(
            "Accepted=False/UnsupportedValue", merged.Objects.Route(name), StringComparison.Ordinal));
        Assert.All(
            ["good", "same", "idn"],
            name => Assert.StartsWith("Accepted=True", merged.Objects.Route(name), StringComparison.Ordinal));
        Assert.Contains("must be a whole number from 52", merged.Objects.Why("tlv"), StringComparison.Ordinal);
        Assert.Contains("the file has an entry with this name", merged.Objects.Why("mine"), StringComparison.Ordinal);
    }

    // Each of these policies has more errors than a validation keeps, so each takes an attempt of its own.
    [Fact]
    public void Merge_PoliciesWithHundredsOfErrors_LeaveTheOthersAlone()
    {
        const int Bad = 20;
        var networks = string.Join(',', Enumerable.Range(0, 256).Select(static i => $"\"nobody-{i}\""));
        var objects = Start().Route("good", """{ "name": "g", "sectionName": "tcp" }""", Backend("a"));
        for (var i = 0; i < Bad; i++)
        {
            objects.Gateway($"bad-{i}", TcpListener("tcp", 20000 + i))
                .Route($"r-{i}", $$"""{ "name": "bad-{{i}}" }""", Backend("a"))
                .Policy(
                    $"p-{i}",
                    $$"""{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "bad-{{i}}" }""",
                    $$""" "proxyProtocol": { "trustedProxies": [ {{networks}} ] } """);
        }

        var merged = Merge(objects);

        Assert.Null(merged.Problem);
        Assert.Equal(["db", "tcproute.default.good.8080"], merged.Result.Config!.TcpProxy.Routes.Keys);
        Assert.All(
            Enumerable.Range(0, Bad),
            i => Assert.StartsWith("Accepted=False", merged.Objects.Listener($"bad-{i}", "tcp").Conditions.Of(), StringComparison.Ordinal));
    }

    [Fact]
    public void Merge_ANameOfTheFile_IsTheFiles()
    {
        var file = File.Replace(
            "\"Listeners\": {", """ "Listeners": { "gateway.default.g.8080": { "Address": "*:7000", "Protocol": "Http" }, """,
            StringComparison.Ordinal);

        var merged = Merge(Start().Route("r", """{ "name": "g" }""", Backend("a")), file);

        Assert.Null(merged.Problem);
        Assert.Equal("*:7000", merged.Result.Config!.Listeners["gateway.default.g.8080"].Address);
        Assert.Contains("the file has an entry", merged.Objects.Listener("g", "tcp").Conditions[0].Message, StringComparison.Ordinal);
        Assert.Contains("gateway.default.g.8090", merged.Result.Config.Listeners.Keys);
    }

    [Fact]
    public void Merge_WithoutObjects_IsTheFile()
    {
        var merged = Merge(new TestObjects());

        Assert.Equal(["db"], merged.Result.Config!.Listeners.Keys);
        Assert.Empty(merged.Result.Origins);
    }

    [Fact]
    public void OfCluster_ProblemsOfTheHost_AreThoseOfTheClustersEntries()
    {
        var merged = Merge(Start().Route("r", """{ "name": "g" }""", Backend("a")));

        var found = merged.OfCluster(
        [
            "Listeners:gateway.default.g.8080:Address: the port is in use",
            "TcpProxy:Routes:tcproute.default.r.8090:SourceIp:Mode: needs a right. Grant it",
            "Listeners:db:Address: the port is in use",
            "Listeners:gateway.default.g.80809:Address: another one",
        ]);

        Assert.Equal(
            ["Listeners:gateway.default.g.8080:Address", "TcpProxy:Routes:tcproute.default.r.8090:SourceIp:Mode"], found.Keys.Order());
        var again = Merge(Start().Route("r", """{ "name": "g" }""", Backend("a")), refused: found);
        Assert.StartsWith("Accepted=False/PortUnavailable", again.Objects.Listener("g", "tcp").Conditions.Of(), StringComparison.Ordinal);
        Assert.Equal(["db"], again.Result.Config!.Listeners.Keys);
    }

    private static MergedConfig Merge(TestObjects objects, string file = File, IReadOnlyDictionary<string, string>? refused = null)
    {
        var result = ConfigReader.Parse(file, new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        return ConfigMerge.Merge(result, "gw", objects.Build(), refused);
    }
}
