using Gateway.Kubernetes.GatewayApi.Translation;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>Classes and Gateways.</summary>
public sealed class GatewayTests
{
    private const string Parent = """{ "name": "g" }""";

    [Fact]
    public void Class_OfAnotherController_IsNotServed()
    {
        var theirs = new TestObjects().Class("example.com/theirs").Gateway("g", TcpListener("tcp", 8080))
            .Service("a").Route("r", Parent, Backend("a")).Translate();

        Assert.Null(theirs.Class);
        Assert.Empty(theirs.Gateways);
        Assert.Empty(theirs.RouteStatuses);
        Assert.Empty(theirs.Listeners);
        Assert.Null(new TestObjects().Gateway("g", TcpListener("tcp", 8080)).Translate().Class);
    }

    [Theory]
    [InlineData("", "Accepted=True/Accepted")]
    [InlineData(""", "parametersRef": { "group": "", "kind": "ConfigMap", "name": "x" }""", "Accepted=False/InvalidParameters")]
    public void Class_OfThisController_IsAccepted(string rest, string expected) =>
        Assert.Equal(expected, new[] { new TestObjects().Class(rest: rest).Translate().Class!.Accepted }.Of());

    [Theory]
    [InlineData("HTTPS", "UnsupportedValue")]
    [InlineData("UDP", "UnsupportedProtocol")]
    [InlineData("tcp", "UnsupportedProtocol")]
    [InlineData("TLS", "UnsupportedValue")]
    public void ListenerUnsupportedProtocol_AloneOrBesideAnother_IsSaid(string protocol, string reason)
    {
        var bad = $$"""{ "name": "bad", "port": 9, "protocol": "{{protocol}}", "tls": { "mode": "Other" } }""";
        var translated = Empty().Gateway("only", bad).Gateway("g", TcpListener("tcp", 8080), bad)
            .Route("r", Parent, Backend("a")).Translate();

        Assert.Equal("Accepted=False/ListenersNotValid Programmed=False/Invalid", translated.Gateway("only"));
        Assert.Equal("Accepted=True/ListenersNotValid Programmed=True/Programmed", translated.Gateway("g"));
        Assert.StartsWith($"Accepted=False/{reason} ", translated.Listener("g", "bad").Conditions.Of(), StringComparison.Ordinal);
        Assert.Equal(["gateway.default.g.8080"], translated.Listeners.Keys);
    }

    [Fact]
    public void InvalidParametersRef_TheGatewayIsNotServed()
    {
        var translated = Empty().Add("""
            { "kind": "Gateway", "metadata": { "name": "g" }, "spec": {
              "gatewayClassName": "gw", "listeners": [ { "name": "tcp", "protocol": "TCP", "port": 1 } ],
              "infrastructure": { "parametersRef": { "group": "", "kind": "ConfigMap", "name": "x" } } } }
            """).Route("r", Parent, Backend("a")).Translate();

        Assert.Equal("Accepted=False/InvalidParameters Programmed=False/Invalid", translated.Gateway("g"));
        Assert.Equal("Accepted=False/NoMatchingParent ResolvedRefs=True/ResolvedRefs", translated.Route("r"));
    }

    [Fact]
    public void Port_OfAnOlderGateway_IsUnavailable()
    {
        var translated = Empty().Gateway("older", TcpListener("tcp", 8080))
            .Gateway("g", TcpListener("tcp", 8080), TcpListener("free", 8090))
            .Route("r", Parent, Backend("a")).Translate();

        Assert.StartsWith("Accepted=False/PortUnavailable", translated.Listener("g", "tcp").Conditions.Of(), StringComparison.Ordinal);
        Assert.Equal((0, 1), (translated.Listener("g", "tcp").AttachedRoutes, translated.Listener("g", "free").AttachedRoutes));
        Assert.Equal(["gateway.default.g.8090"], translated.Listeners.Keys);
    }

    [Theory]
    [InlineData("Address", "PortUnavailable")]
    [InlineData("ProxyProtocol:TrustedProxies", "UnsupportedValue")]
    public void Refused_AListenerOfTheConfiguration_SaysSo(string key, string reason)
    {
        var refused = new RefusedEntries(new Dictionary<string, string> { [$"Listeners:gateway.default.g.8080:{key}"] = "in use" });

        var translated = Start().Route("r", """{ "name": "g", "sectionName": "tcp" }""", Backend("a"))
            .Route("good", """{ "name": "g", "sectionName": "other" }""", Backend("b")).Translate(refused);

        Assert.StartsWith($"Accepted=False/{reason}", translated.Listener("g", "tcp").Conditions.Of(), StringComparison.Ordinal);
        Assert.Equal("in use", translated.Listener("g", "tcp").Conditions[0].Message);
        Assert.Equal(["gateway.default.g.8090"], translated.Listeners.Keys);
        Assert.Equal(["tcproute.default.good.8090"], translated.Routes.Keys);
    }

    [Fact]
    public void Listener_WithoutRoutes_IsProgrammedAndNotOpened()
    {
        var translated = Start().Translate();

        Assert.Equal("Accepted=True/Accepted Programmed=True/Programmed", translated.Gateway("g"));
        Assert.Empty(translated.Listeners);
    }

    [Fact]
    public void SamePortAndHostname_IsAConflict()
    {
        var translated = Empty().Gateway("g", TcpListener("one", 8080), TcpListener("two", 8080)).Translate();

        Assert.StartsWith(
            "Accepted=False/HostnameConflict Conflicted=True/HostnameConflict", translated.Listener("g", "two").Conditions.Of(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void ObjectsThatAreBeingDeleted_AreGone()
    {
        var translated = Start().Add("""
            { "kind": "TCPRoute", "metadata": { "name": "r", "deletionTimestamp": "2026-01-01T00:00:00Z" },
              "spec": { "parentRefs": [ { "name": "g" } ], "rules": [ { "backendRefs": [ { "name": "a", "port": 6000 } ] } ] } }
            """).Translate();

        Assert.Empty(translated.Routes);
        Assert.Empty(translated.RouteStatuses);
    }

    [Fact]
    public void Objects_WithHardlyAnything_AreTranslated()
    {
        var translated = Empty().Add("""{ "kind": "Gateway", "metadata": { "name": "g" }, "spec": { "gatewayClassName": "gw" } }""")
            .Add("""{ "kind": "TCPRoute", "metadata": { "name": "r" }, "spec": { "parentRefs": [ { "name": "g" } ] } }""")
            .Add("""{ "kind": "TLSRoute", "metadata": { "name": "s" }, "spec": { } }""")
            .Add("""{ "kind": "ReferenceGrant", "metadata": { "name": "s" }, "spec": { } }""")
            .Add("""{ "kind": "SourceIpPolicy", "metadata": { "name": "s" }, "spec": { } }""").Translate();

        Assert.Equal("Accepted=False/NoMatchingParent ResolvedRefs=True/ResolvedRefs", translated.Route("r"));
        Assert.Empty(translated.Routes);
    }
}
