using Gateway.Http.GatewayApi;
using Gateway.Tests.Kubernetes.GatewayApi.Translation;
using Microsoft.AspNetCore.Http;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.HttpRouteTests;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi;

/// <summary>
/// Which HTTPRoute gets a request: from objects through the translation to the table that requests are looked up in. The cases are those of
/// the conformance tests with these names.
/// </summary>
public sealed class HttpRouteMatchingTests
{
    private const string Parent = """{ "name": "g" }""";

    [Theory]
    [InlineData("/one", "one")]
    [InlineData("/two", "two")]
    [InlineData("/", null)]
    [InlineData("/one/example", null)]
    [InlineData("/two/", null)]
    [InlineData("/Two", null)]
    public void ExactPathMatching(string path, string? expected) => Assert.Equal(
        expected,
        Find(
            Web().HttpRoute("one", Parent, Path("Exact", "/one")).HttpRoute("two", Parent, Path("Exact", "/two")), path));

    [Theory]
    [InlineData("/match/exact/one", "exact-one")]
    [InlineData("/match/exact", "exact")]
    [InlineData("/match", "match")]
    [InlineData("/match/", "match")]
    [InlineData("/matched", "root")]
    [InlineData("/Match", "root")]
    [InlineData("/match/prefix/one/any", "prefix-one")]
    [InlineData("/match/prefix/one", "prefix-one")]
    [InlineData("/match/prefix/any", "prefix")]
    [InlineData("/match/any", "match")]
    [InlineData("/", "root")]
    [InlineData("", "root")]
    [InlineData("//match", "root")]
    [InlineData("/a b/c", "blank")]
    public void PathMatchOrder(string path, string expected) => Assert.Equal(
        expected,
        Find(
            Web().HttpRoute("root", Parent, Path("PathPrefix", "/"))
                .HttpRoute("match", Parent, Path("PathPrefix", "/match/")).HttpRoute("exact", Parent, Path("Exact", "/match/exact"))
                .HttpRoute("exact-prefix", Parent, Path("PathPrefix", "/match/exact"))
                .HttpRoute("exact-one", Parent, Path("Exact", "/match/exact/one"))
                .HttpRoute("prefix", Parent, Path("PathPrefix", "/match/prefix"))
                .HttpRoute("prefix-one", Parent, Path("PathPrefix", "/match/prefix/one"))
                .HttpRoute("blank", Parent, Path("PathPrefix", "/a%20b")),
            path));

    [Theory]
    [InlineData("Version: one", "v1.r0")]
    [InlineData("version: one", "v1.r0")]
    [InlineData("Version: One", null)]
    [InlineData("Version: two", "v1.r1")]
    [InlineData("Version: two;Color: orange", "v1.r2")]
    [InlineData("Version: two;Color: blue", "v1.r1")]
    [InlineData("Color: orange", null)]
    [InlineData("Version: one;Version: two", null)]
    [InlineData("Some-Other-Header: one", null)]
    public void HeaderMatching(string headers, string? expected) => Assert.Equal(
        expected,
        Find(
            Web().HttpRoute("v1", Parent, string.Join(',', Headers("\"Version\"", "one"), Headers("\"version\"", "two"),
                """
                { "matches": [ { "headers": [ { "name": "Version", "value": "two" }, { "name": "Color", "value": "orange" } ] } ],
                  "backendRefs": [ { "name": "a", "port": 6000 } ] }
                """)),
            "/",
            headers: headers));

    [Theory]
    [InlineData("GET", "get")]
    [InlineData("POST", "post")]
    [InlineData("HEAD", null)]
    [InlineData("get", null)]
    public void MethodMatching_AMethodThatNoRouteHas_IsNoMatch(string method, string? expected) => Assert.Equal(
        expected,
        Find(
            Web().HttpRoute("get", Parent, Rule(Backend("a"), matches: """{ "method": "GET" }"""))
                .HttpRoute("post", Parent, Rule(Backend("a"), matches: """{ "method": "POST" }""")),
            "/",
            method: method));

    [Theory]
    [InlineData("?animal=whale", "whale")]
    [InlineData("?animal=dolphin", "dolphin")]
    [InlineData("?animal=dolphin&color=blue", "both")]
    [InlineData("?color=blue&animal=dolphin&x", "both")]
    [InlineData("?animal=w%68ale&animal=dolphin", "whale")]
    [InlineData("?ANIMAL=whale", null)]
    [InlineData("?animal=Whale", null)]
    [InlineData("?animal", null)]
    [InlineData("", null)]
    public void QueryParamMatching(string query, string? expected) => Assert.Equal(
        expected,
        Find(
            Web().HttpRoute("whale", Parent, Query("""{ "name": "animal", "value": "whale" }"""))
                .HttpRoute("dolphin", Parent, Query("""{ "name": "animal", "value": "dolphin" }"""))
                .HttpRoute(
                    "both", Parent, Query("""{ "name": "animal", "value": "dolphin" }, { "name": "color", "value": "blue" }""")),
            "/",
            query: query));

    // In this order: method before headers, headers before query, then the older route, whatever its name, then the rule that comes first.
    [Fact]
    public void Precedence_OfEqualPaths()
    {
        var objects = Web()
            .HttpRoute("z-older", Parent, Rule(Backend("a")))
            .HttpRoute("a-younger", Parent, $"{Rule(Backend("a"))}, {Rule(Backend("b"))}")
            .HttpRoute("query", Parent, Query("""{ "name": "q", "value": "1" }, { "name": "r", "value": "1" }"""))
            .HttpRoute("header", Parent, Headers("\"A\"", "1"))
            .HttpRoute("method", Parent, Rule(Backend("a"), matches: """{ "method": "GET" }"""));

        Assert.Equal("z-older", Find(objects, "/", method: "PUT"));
        Assert.Equal("query", Find(objects, "/", method: "PUT", query: "?q=1&r=1"));
        Assert.Equal("header", Find(objects, "/", method: "PUT", query: "?q=1&r=1", headers: "A: 1"));
        Assert.Equal("method", Find(objects, "/", query: "?q=1&r=1", headers: "A: 1"));
        var same = Web();
        foreach (var name in new[] { "b", "a" })
        {
            same.Add($$"""
                { "kind": "HTTPRoute", "metadata": { "name": "{{name}}", "creationTimestamp": "2026-01-01T00:00:00Z" },
                  "spec": { "parentRefs": [ {{Parent}} ], "rules": [ {{Rule(Backend("a"))}}, {{Rule(Backend("b"))}} ] } }
                """);
        }

        Assert.Equal("a.r0", Find(same, "/"));
    }

    [Theory]
    [InlineData("very.specific.com", "/s", "exact")]
    [InlineData("VERY.specific.com:1234", "/s", "exact")]
    [InlineData("very.specific.com", "/other", "wild")]
    [InlineData("a.specific.com", "/s", "wild")]
    [InlineData("a.b.specific.com", "/s", "narrow-wild")]
    [InlineData("specific.com", "/s", "any")]
    [InlineData(".specific.com", "/s", "any")]
    [InlineData("", "/s", "any")]
    [InlineData("[::1]:80", "/s", "any")]
    [InlineData("xn--mnchen-3ya.example", "/s", "idn")]
    [InlineData("a.XN--mnchen-3ya.example", "/s", "idn-wild")]
    [InlineData("xn--99999999999", "/s", "any")]
    public void HostnameIntersection_TheNarrowestNameThatMatches(string host, string path, string expected) => Assert.Equal(
        expected,
        Find(
            Web().HttpRoute("any", Parent, Rule(Backend("a")))
                .HttpRoute("wild", Parent, Rule(Backend("a")), "\"*.specific.com\"")
                .HttpRoute("idn", Parent, Rule(Backend("a")), "\"xn--mnchen-3ya.example\"")
                .HttpRoute("idn-wild", Parent, Rule(Backend("a")), "\"*.xn--mnchen-3ya.example\"")
                .HttpRoute("narrow-wild", Parent, Rule(Backend("a")), "\"*.b.specific.com\"")
                .HttpRoute("exact", Parent, Path("PathPrefix", "/s"), "\"very.specific.com\""),
            path,
            host));

    // GatewayHTTPListenerIsolation: another listener's names are not served, also where it has no route.
    [Theory]
    [InlineData("foo.com", "/empty", "empty")]
    [InlineData("a.example.com", "/wild", "wild")]
    [InlineData("a.example.com", "/empty", null)]
    [InlineData("foo.example.com", "/foo", null)]
    [InlineData("foo.example.com", "/wild", null)]
    [InlineData("abc.foo.example.com", "/wild", null)]
    [InlineData("abc.foo.example.com", "/foo", "foo")]
    [InlineData("abc.foo.example.com", "/both", "both")]
    [InlineData("a.example.com", "/both", "both")]
    [InlineData("foo.example.com", "/both", null)]
    public void HttpListenerIsolation(string host, string path, string? expected)
    {
        var objects = Empty()
            .Gateway(
                "g", HttpListener("empty", 80), HttpListener("wild", 80, "*.example.com"), HttpListener("foo", 80, "*.foo.example.com"),
                HttpListener("exact", 80, "foo.example.com"));
        foreach (var name in new[] { "empty", "wild", "foo" })
        {
            objects.HttpRoute(name, Section(name), Path("PathPrefix", $"/{name}"));
        }

        objects.HttpRoute("both", $"{Section("wild")}, {Section("foo")}", Path("PathPrefix", "/both"));
        Assert.Equal(expected, Find(objects, path, host));
    }

    [Fact]
    public void Changed_OneRoute_OnlyItsEntriesDiffer()
    {
        TestObjects Objects(string path) => Web().HttpRoute("changing", Parent, Path("PathPrefix", path))
            .HttpRoute("a", Parent, Path("PathPrefix", "/a")).HttpRoute("z", Parent, Rule(Backend("b")), "\"example.com\"");
        var (before, after) = (Objects("/one").Translate().HttpRoutes, Objects("/one/longer").Translate().HttpRoutes);

        Assert.Equal(
            ["httproute.default.changing.80"],
            before.Keys.Where(name => !before[name].Equals(after[name])));
    }

    /// <summary>Only the part of a path or host is looked at that a pattern could be.</summary>
    [Fact]
    public void Find_PathAndHostLongerThanEveryPattern_AreMatchedByTheirEnds()
    {
        var objects = Web().HttpRoute("a", Parent, Path("PathPrefix", "/a"), "\"*.example.com\", \"*.deep.example.com\"")
            .HttpRoute("ab", Parent, Path("PathPrefix", "/a/b"), "\"*.deep.example.com\"");
        var (slashes, dots) = (new string('/', 8000), string.Concat(Enumerable.Repeat("a.", 15_000)));

        Assert.Equal("a", Find(objects, "/a" + slashes, dots + "example.com"));
        Assert.Equal("ab", Find(objects, "/a/b" + slashes, dots + "deep.example.com"));
        Assert.Equal("ab", Find(objects, "/a/b", "x.deep.example.com"));
        Assert.Equal("a", Find(objects, "/a", "deep.example.com"));
        Assert.Null(Find(objects, slashes + "a", dots + "example.com"));
        Assert.Null(Find(objects, "/a", "example.com"));
        Assert.Null(Find(objects, "/a", ".example.com"));
        Assert.Null(Find(objects, "/a", dots + "example.org"));
    }

    private static string Section(string name) => $$"""{ "name": "g", "sectionName": "{{name}}" }""";

    private static string Path(string type, string value) =>
        Rule(Backend("a"), matches: $$"""{ "path": { "type": "{{type}}", "value": "{{value}}" } }""");

    private static string Headers(string name, string value) =>
        Rule(Backend("a"), matches: $$"""{ "headers": [ { "name": {{name}}, "value": "{{value}}" } ] }""");

    private static string Query(string parameters) =>
        Rule(Backend("a"), matches: $$"""{ "queryParams": [ {{parameters}} ] }""");

    // The name of the route that gets the request, and the numbers of rule and match if the route has several.
    private static string? Find(
        TestObjects objects, string path, string host = "example.org", string method = "GET", string query = "", string headers = "")
    {
        var translated = objects.Translate();
        var table = new HttpRouteTable(translated.HttpRoutes.Values.Select(static route =>
            new Endpoint(null, new EndpointMetadataCollection(HttpRouteRule.Of(route)!), route.RouteId)));
        var request = new DefaultHttpContext().Request;
        (request.Path, request.Host, request.Method, request.QueryString) = (new(path), new(host), method, new(query));
        foreach (var header in headers.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            request.Headers.Append(header.Split(": ")[0], header.Split(": ")[1]);
        }

        var found = table.Find("gateway.default.g.80")!.Find(request)?.DisplayName;
        return found?["httproute.default.".Length..].Replace(".80", "", StringComparison.Ordinal);
    }
}
