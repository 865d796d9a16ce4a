using static Gateway.Tests.Kubernetes.GatewayApi.Translation.HttpRouteTests;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>What an HTTPRoute asks for and the gateway cannot do is said, and the route is not served: nothing is skipped.</summary>
public sealed class HttpRouteRefusalTests
{
    private const string Parent = """{ "name": "g" }""";

    [Theory]
    [InlineData("""{ "path": { "type": "RegularExpression", "value": "/.*" } }""", "path type RegularExpression")]
    [InlineData("""{ "path": { "value": "/a//b" } }""", "/a//b")]
    [InlineData("""{ "path": { "value": "/a%2Fb" } }""", "%2F")]
    [InlineData("""{ "path": { "value": "/{x}" } }""", "no path")]
    [InlineData("""{ "path": { "value": "a" } }""", "no path")]
    [InlineData("""{ "method": "CONNECT" }""", "method CONNECT")]
    [InlineData("""{ "headers": [ { "name": "X-A", "type": "RegularExpression", "value": ".*" } ] }""", "of the header X-A")]
    [InlineData("""{ "headers": [ { "name": ":path", "value": "x" } ] }""", ":path")]
    [InlineData("""{ "queryParams": [ { "name": "q", "type": "RegularExpression", "value": ".*" } ] }""", "query parameter q")]
    public void Match_ThatIsNotSupported_IsSaid(string match, string named) => Refuses(Rule(Backend("a"), matches: match), named);

    [Theory]
    [InlineData("""{ "type": "RequestMirror", "requestMirror": { "backendRef": { "name": "b" } } }""", "RequestMirror")]
    [InlineData("""{ "type": "ExtensionRef" }""", "ExtensionRef")]
    [InlineData("""{ "type": "CORS" }""", "CORS")]
    [InlineData("""{ "type": "URLRewrite" }""", "URLRewrite")]
    [InlineData("""{ "type": "URLRewrite", "urlRewrite": { "hostname": "a b" } }""", "a b")]
    [InlineData("""{ "type": "URLRewrite", "urlRewrite": { "path": { "type": "Other" } } }""", "path type Other")]
    [InlineData(
        """{ "type": "URLRewrite", "urlRewrite": { "path": { "type": "ReplaceFullPath", "replaceFullPath": "/a?b" } } }""", "/a?b")]
    [InlineData("""{ "type": "RequestRedirect", "requestRedirect": { "scheme": "ftp" } }""", "ftp")]
    [InlineData("""{ "type": "RequestRedirect", "requestRedirect": { "statusCode": 200 } }""", "200")]
    [InlineData("""{ "type": "RequestRedirect", "requestRedirect": { "port": 70000 } }""", "70000")]
    [InlineData(
        """{ "type": "RequestHeaderModifier", "requestHeaderModifier": { "set": [ { "name": "Transfer-Encoding", "value": "x" } ] } }""",
        "Transfer-Encoding")]
    [InlineData("""{ "type": "RequestHeaderModifier", "requestHeaderModifier": { "remove": [ "host" ] } }""", "host")]
    [InlineData("""{ "type": "ResponseHeaderModifier", "responseHeaderModifier": { "remove": [ "content-length" ] } }""", "content-length")]
    [InlineData(
        """{ "type": "ResponseHeaderModifier", "responseHeaderModifier": { "add": [ { "name": "A", "value": "x\r\nB: y" } ] } }""",
        "control")]
    public void Filter_ThatIsNotSupported_IsSaid(string filter, string named) => Refuses(Rule(Backend("a"), filter), named);

    [Fact]
    public void ReplacePrefixMatch_OfAnExactPath_IsSaid() => Refuses(
        Rule(
            Backend("a"),
            """{ "type": "URLRewrite", "urlRewrite": { "path": { "type": "ReplacePrefixMatch", "replacePrefixMatch": "/x" } } }""",
            """{ "path": { "type": "Exact", "value": "/a" } }"""),
        "PathPrefix");

    [Theory]
    [InlineData(""", "retry": { "attempts": 2 } """, "retry")]
    [InlineData(""", "sessionPersistence": { } """, "sessionPersistence")]
    [InlineData(""", "timeouts": { "backendRequest": "1x" } """, "timeouts.backendRequest: 1x")]
    [InlineData(""", "timeouts": { "backendRequest": "2s", "request": "1s" } """, "backendRequest is longer")]
    [InlineData(""", "timeouts": { "request": "1.5s" } """, "1.5s")]
    public void Rule_ThatAsksForMore_IsSaid(string rest, string named) => Refuses(Rule(Backend("a"), rest: rest), named);

    [Fact]
    public void Filters_OfABackend_AreSaid()
    {
        Refuses(Of("""{ "type": "RequestRedirect", "requestRedirect": { } }"""), "RequestRedirect");
        Refuses(Of("""{ "type": "RequestMirror" }"""), "RequestMirror");
        Refuses(Of("""{ "type": "RequestHeaderModifier", "requestHeaderModifier": { "remove": [ "Host" ] } }"""), "Host");

        static string Of(string filter) => Rule($$"""{{Backend("b")}}, {{Backend("a", rest: $", \"filters\": [ {filter} ]")}}""");
    }

    [Theory]
    [InlineData("""{ "type": "URLRewrite", "urlRewrite": { } }, { "type": "RequestRedirect", "requestRedirect": { } }""", true)]
    [InlineData("""{ "type": "URLRewrite", "urlRewrite": { } }, { "type": "URLRewrite", "urlRewrite": { } }""", true)]
    [InlineData(
        """{ "type": "ResponseHeaderModifier", "responseHeaderModifier": { } }, { "type": "RequestRedirect", "requestRedirect": { } }""",
        false)]
    [InlineData("""{ "type": "RequestRedirect", "requestRedirect": { } }""", true)]
    public void Filters_ThatDoNotGoTogether_AreIncompatible(string filters, bool hasBackend)
    {
        var translated = Web().HttpRoute("r", Parent, Rule(hasBackend ? Backend("a") : "", filters)).Translate();

        Assert.StartsWith("Accepted=False/IncompatibleFilters", translated.Route("r"), StringComparison.Ordinal);
        Assert.Empty(translated.HttpRoutes);
    }

    // A rule that is dropped would leave its requests to a wider rule, without the filter.
    private static void Refuses(string rule, string named)
    {
        var translated = Web().HttpRoute("r", Parent, $"{Rule(Backend("b"))}, {rule}")
            .HttpRoute("fine", Parent, Rule(Backend("b"))).Translate();

        Assert.Equal("Accepted=False/UnsupportedValue ResolvedRefs=True/ResolvedRefs", translated.Route("r"));
        Assert.StartsWith("rules[1]: ", translated.Why("r"), StringComparison.Ordinal);
        Assert.Contains(named, translated.Why("r"), StringComparison.Ordinal);
        Assert.Equal(["httproute.default.fine.80"], translated.HttpRoutes.Keys);
    }
}
