using Gateway.Configuration;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Testing.Certificates;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.HttpRouteTests;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>Several Gateways that ask for one port.</summary>
public sealed class SharedPortTests
{
    private const string OlderParent = """{ "name": "older" }""";
    private const string Parent = """{ "name": "g" }""";
    private const string Older = """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "older" }""";
    private const string Younger = """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g" }""";

    [Fact]
    public void HttpListenersWithDifferentNames_AreOneListenerAndKeepTheirRoutesApart()
    {
        var translated = Two(HttpListener("web", 80, "*.example.com"), HttpListener("shop", 80, "shop.example.com")).Translate();

        Assert.Equal(["gateway.default.older.80"], translated.Listeners.Keys);
        Assert.Equal("Accepted=True/Accepted Programmed=True/Programmed", translated.Gateway("older"));
        Assert.Equal("Accepted=True/Accepted Programmed=True/Programmed", translated.Gateway("g"));
        Assert.Equal(
            ["httproute.default.ours.80 *.example.com !shop.example.com", "httproute.default.theirs.80 shop.example.com !"],
            translated.HttpRoutes.Values.Select(static route => $"{route.RouteId} {string.Join(',', route.Match.Hosts!)} "
                + $"!{route.Metadata!.GetValueOrDefault("GatewayApi.NotHosts")}").Order());
        Assert.All(translated.HttpRoutes.Values, static route => Assert.Equal("gateway.default.older.80", route.Metadata!["Listeners"]));
    }

    [Fact]
    public void TlsListeners_ShareThePortAndTheCertificates()
    {
        using var authority = new TestAuthority("ca");
        var (a, b) = (authority.Issue("a", "a.example.com"), authority.Issue("b", "b.example.com"));
        var translated = Two(
            HttpsListener("web", 443, "a.example.com", """{ "name": "ca" }"""),
            HttpsListener("web", 443, "b.example.com", """{ "name": "cb" }""")).Secret("ca", a.Certificate, a.Key)
            .Secret("cb", b.Certificate, b.Key).Translate();

        var listener = Assert.Single(translated.Listeners).Value;
        Assert.Equal(ListenerProtocol.Https, listener.Protocol);
        Assert.Equal(["default.ca", "default.cb"], listener.Tls!.Certificates.Keys);
        Assert.All(
            translated.HttpRoutes.Values,
            static route => Assert.Equal("a.example.com,b.example.com", route.Metadata!["GatewayApi.ListenerNames"]));
    }

    [Theory]
    [InlineData("a.example.com", "A.example.com", "the hostname a.example.com")]
    [InlineData(null, null, "every hostname")]
    public void SameName_IsTheOlders(string? older, string? younger, string named)
    {
        var translated = Two(HttpListener("web", 80, older), HttpListener("web", 80, younger)).Translate();

        Assert.Contains("Conflicted=False", translated.Listener("older", "web").Conditions.Of(), StringComparison.Ordinal);
        var conditions = translated.Listener("g", "web").Conditions;
        Assert.Contains("Conflicted=True/HostnameConflict", conditions.Of(), StringComparison.Ordinal);
        Assert.Contains($"default/older has {named}", conditions[0].Message, StringComparison.Ordinal);
        Assert.Equal(["httproute.default.ours.80"], translated.HttpRoutes.Keys);
    }

    [Fact]
    public void OneOfSeveralNames_IsTheOlders_TheOthersShareThePort()
    {
        var translated = Two(
            HttpListener("web", 80, "a.example.com"),
            HttpListener("same", 80, "a.example.com"), HttpListener("own", 80, "b.example.com")).Translate();

        Assert.Equal(
            ["a.example.com", "b.example.com"], translated.HttpRoutes.Values.SelectMany(static route => route.Match.Hosts!).Order());
        Assert.StartsWith("Accepted=True/ListenersNotValid", translated.Gateway("g"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "name": "x", "protocol": "TCP", "port": 80 }""", "share a port if")]
    [InlineData("""{ "name": "x", "protocol": "TLS", "port": 80, "tls": { "mode": "Passthrough" } }""", "share a port if")]
    public void OtherProtocol_IsUnavailable(string younger, string why)
    {
        var translated = Two(HttpListener("web", 80, "a.example.com"), younger).Translate();

        Assert.StartsWith("Accepted=False/PortUnavailable", translated.Listener("g", "x").Conditions.Of(), StringComparison.Ordinal);
        Assert.Contains(why, translated.Listener("g", "x").Conditions[0].Message, StringComparison.Ordinal);
    }

    // Names and certificates of a port are those of all who share it.
    [Fact]
    public void OtherNamespace_IsUnavailable()
    {
        var translated = Empty().Gateway("older", HttpListener("web", 80, "a.example.com")).Add($$"""
            { "kind": "Gateway", "metadata": { "name": "g", "namespace": "team" },
              "spec": { "gatewayClassName": "gw", "listeners": [ {{HttpListener("web", 80, "b.example.com")}} ] } }
            """).Translate();

        Assert.StartsWith("Accepted=False/PortUnavailable", translated.Listener("g", "web").Conditions.Of(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.0.0.0/9", false)]
    [InlineData(null, true)]
    public void Policies_OfBoth_MustSayTheSame(string? younger, bool isShared)
    {
        var objects = Two(HttpListener("web", 80, "a.example.com"), HttpListener("web", 80, "b.example.com"))
            .Policy("older", Older, """ "proxyProtocol": { "trustedProxies": [ "10.0.0.0/8" ] } """);
        if (younger is not null)
        {
            objects.Policy("p", Younger, $$""" "proxyProtocol": { "trustedProxies": [ "{{younger}}" ] } """);
        }

        var translated = objects.Translate();

        Assert.StartsWith(
            isShared ? "Accepted=True/Accepted" : "Accepted=False/PortUnavailable",
            translated.Listener("g", "web").Conditions.Of(),
            StringComparison.Ordinal);
        Assert.Equal(["10.0.0.0/8"], Assert.Single(translated.Listeners).Value.ProxyProtocol!.TrustedProxies);
    }

    [Fact]
    public void RefusedCertificate_ClosesTheListenersThatHaveItAlone()
    {
        using var authority = new TestAuthority("ca");
        var (a, b) = (authority.Issue("a", "a.example.com"), authority.Issue("b", "b.example.com"));
        var objects = Two(
            HttpsListener("web", 443, "a.example.com", """{ "name": "ca" }"""),
            HttpsListener("web", 443, "b.example.com", """{ "name": "cb" }""")).Secret("ca", a.Certificate, a.Key)
            .Secret("cb", b.Certificate, b.Key);

        var translated = objects.Translate(new RefusedEntries(
            new Dictionary<string, string> { ["Listeners:gateway.default.older.443:Tls:Certificates:default.cb:Path"] = "bad" }));

        Assert.StartsWith("Accepted=True", translated.Listener("older", "web").Conditions.Of(), StringComparison.Ordinal);
        Assert.StartsWith("Accepted=False/UnsupportedValue", translated.Listener("g", "web").Conditions.Of(), StringComparison.Ordinal);
        Assert.Equal(["default.ca"], Assert.Single(translated.Listeners).Value.Tls!.Certificates.Keys);
    }

    private static TestObjects Two(string older, params string[] younger) => Empty().Gateway("older", older).Gateway("g", younger)
        .HttpRoute("ours", OlderParent, Rule(Backend("a"))).HttpRoute("theirs", Parent, Rule(Backend("b")));
}
