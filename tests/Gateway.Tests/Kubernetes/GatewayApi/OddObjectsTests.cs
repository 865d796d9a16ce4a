using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Configuration.Loading;
using Gateway.Kubernetes.GatewayApi;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Testing.Certificates;
using Gateway.Tests.Kubernetes.GatewayApi.Translation;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.HttpRouteTests;
using static Gateway.Tests.Kubernetes.GatewayApi.Translation.TestObjects;

namespace Gateway.Tests.Kubernetes.GatewayApi;

/// <summary>
/// Others write the objects, and an API server checks only what its CRDs check. Each member of each object is left out, and made every odd
/// value in turn: nothing throws, and what has nothing to do with it is served.
/// </summary>
public sealed class OddObjectsTests
{
    private const string Bystander = """{ "name": "bystander" }""";
    private const string Parent = """{ "name": "g" }""";
    private const string OfGateway = """{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g" }""";
    private const string OfRoute = """{ "group": "gateway.networking.k8s.io", "kind": "TCPRoute", "name": "tcp" }""";

    // The class, the Services and the bystander.
    private const int Untouched = 6;

    private static readonly string?[] Odd =
    [
        null, "{}", "[]", "[null]", "[{}]", "\"\"", "\"*\"", "\"-\"", "\"a\\nb\"", "0", "-1", "1", "99999999999999999999", "true",
        $"\"{new string('x', 3000)}\"",
    ];

    [Fact]
    public void Translate_AnyMemberOddOrMissing_ThrowsNothingAndServesTheOthers()
    {
        using var authority = new TestAuthority("odd");
        var objects = Everything(authority);
        // Only what is served as it is shows what an odd value does.
        var whole = objects.Translate();
        Assert.All(
            whole.RouteStatuses.SelectMany(static status => status.Parents).SelectMany(static parent => parent.Conditions),
            static condition => Assert.True(condition.IsTrue, condition.Message));
        Assert.All(whole.PolicyStatuses, static status => Assert.True(status.Targets.Single().Accepted.IsTrue));
        var seen = 0;
        foreach (var (index, changed) in Changed(objects))
        {
            var built = Build(objects.With(index, changed));
            if (built is null)
            {
                continue;
            }

            var translated = Try(() => GatewayTranslator.Translate("gw", built), changed);
            seen++;
            Assert.True(translated.Routes.ContainsKey("tcproute.default.bystander.7000"), changed.ToJsonString());
            Assert.True(translated.HttpRoutes.ContainsKey("httproute.default.bystander.7001"), changed.ToJsonString());
        }

        Assert.True(seen > 500, $"{seen}");
    }

    /// <summary>Of each object one odd value a member, because the validation of all is slower.</summary>
    [Fact]
    public void Merge_AnyMemberOddOrMissing_LeavesTheOthersInForce()
    {
        using var authority = new TestAuthority("odd");
        var objects = Everything(authority);
        var file = ConfigReader.Parse("""{ "Kubernetes": { "GatewayClass": "gw" } }""", new Dictionary<string, string>());
        Assert.Empty(file.Errors);
        foreach (var (index, changed) in Changed(objects).Where(static (_, number) => number % 13 == 0))
        {
            if (Build(objects.With(index, changed)) is not { } built)
            {
                continue;
            }

            var merged = Try(() => ConfigMerge.Merge(file, "gw", built), changed);

            Assert.True(merged.Problem is null, $"{merged.Problem}: {changed.ToJsonString()}");
            Assert.Contains("tcproute.default.bystander.7000", merged.Result.Config!.TcpProxy.Routes.Keys);
            Assert.Contains(
                merged.Result.Config.ReverseProxy.Routes, static route => route.RouteId == "httproute.default.bystander.7001");
        }
    }

    private static T Try<T>(Func<T> act, JsonObject changed)
    {
        try
        {
            return act();
        }
        catch (Exception thrown)
        {
            throw new InvalidOperationException(changed.ToJsonString(), thrown);
        }
    }

    // Null: the object cannot be read, so it is left out with a line in the log.
    private static ClusterObjects? Build(TestObjects objects)
    {
        try
        {
            return objects.Build();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IEnumerable<(int Index, JsonObject Changed)> Changed(TestObjects objects)
    {
        for (var i = Untouched; i < objects.All.Count; i++)
        {
            var item = objects.All[i];
            foreach (var path in Paths(item).Where(static path => path is not (["kind"] or ["metadata"])))
            {
                foreach (var odd in Odd)
                {
                    yield return (i, With(item, path, odd is null ? null : JsonNode.Parse(odd), isLeftOut: false));
                }

                yield return (i, With(item, path, null, isLeftOut: true));
            }
        }
    }

    // Members and items, as keys and numbers.
    private static IEnumerable<object[]> Paths(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member =>
            Paths(member.Value).Select(path => (object[])[member.Key, .. path]).Prepend([member.Key])),
        JsonArray items => items.SelectMany((item, index) => Paths(item).Select(path => (object[])[index, .. path]).Prepend([index])),
        _ => [],
    };

    private static JsonObject With(JsonObject item, object[] path, JsonNode? value, bool isLeftOut)
    {
        var copy = item.DeepClone().AsObject();
        JsonNode at = copy;
        foreach (var step in path[..^1])
        {
            at = step is int index ? at[index]! : at[(string)step]!;
        }

        switch (path[^1])
        {
            case int index when isLeftOut:
                at.AsArray().RemoveAt(index);
                break;
            case int index:
                at[index] = value;
                break;
            case string key when isLeftOut:
                at.AsObject().Remove(key);
                break;
            case string key:
                at[key] = value;
                break;
        }

        return copy;
    }

    private static TestObjects Everything(TestAuthority authority)
    {
        var pair = authority.Issue("a", "a.example.com");
        return Empty()
            .Gateway("bystander", TcpListener("tcp", 7000), HttpListener("http", 7001))
            .Route("bystander", """{ "name": "bystander", "sectionName": "tcp" }""", Backend("a"))
            .HttpRoute("bystander", Bystander, Rule(Backend("a")))
            .Secret("s", pair.Certificate, pair.Key)
            .Grant("other", "HTTPRoute", "Service", "c")
            .Add("""{ "kind": "Namespace", "metadata": { "name": "default", "labels": { "team": "a" } } }""")
            .Add("""
                { "kind": "Service", "metadata": { "name": "c", "namespace": "other", "annotations": { "gateway.internal/source-ip": "None" } },
                  "spec": { "type": "ClusterIP", "ports": [
                    { "name": "web", "port": 6000, "targetPort": 16000, "protocol": "TCP", "appProtocol": "kubernetes.io/h2c" } ] } }
                """)
            .Gateway(
                "g",
                TcpListener("tcp", 8080, """
                    , "allowedRoutes": { "kinds": [ { "group": "gateway.networking.k8s.io", "kind": "TCPRoute" } ],
                      "namespaces": { "from": "Selector", "selector": { "matchLabels": { "team": "a" },
                        "matchExpressions": [ { "key": "team", "operator": "In", "values": [ "a" ] } ] } } }
                    """),
                TlsListener("passthrough", 8443, "*.example.com"),
                HttpListener("http", 80, "*.example.com"),
                HttpsListener("https", 443, "a.example.com", """{ "group": "", "kind": "Secret", "name": "s", "namespace": "default" }"""))
            .Route("tcp", """{ "name": "g", "sectionName": "tcp", "port": 8080 }""", $"{Backend("a", 3)}, {Backend("b", 1)}")
            .Route("tls", """{ "name": "g", "sectionName": "passthrough" }""", Backend("a"), "\"a.example.com\"", "TLSRoute")
            .HttpRoute("http", Parent, HttpRule(), "\"a.example.com\", \"*.example.com\"")
            .HttpRoute("moved", Parent, Rule("", """
                { "type": "RequestRedirect", "requestRedirect": { "scheme": "https", "hostname": "b.example.com", "port": 443, "statusCode": 301,
                  "path": { "type": "ReplacePrefixMatch", "replacePrefixMatch": "/x" } } }
                """, """{ "path": { "value": "/moved" } }"""))
            .Policy("route", OfRoute, """
                "sourceIp": { "mode": "ProxyProtocol", "version": "V2", "passThroughTlvs": [ "All" ], "sslTlvs": true, "maxHeaderBytes": 536,
                              "port": "Ephemeral", "fallback": "None" }
                """)
            .Policy("gateway", OfGateway, """
                "proxyProtocol": { "header": "Optional", "trustedProxies": [ "10.0.0.0/8" ], "healthCheckers": [ "100.64.0.0/10" ],
                                   "untrusted": "Direct" },
                "forwardedHeaders": { "trustedProxies": [ "10.0.0.0/8" ], "trustedHops": 2, "trustedHeaders": [ "For" ], "untrusted": "Drop",
                                      "drop": [ "X-User" ], "envoyExternalAddress": true }
                """);
    }

    private static string HttpRule() => Rule(
        $"{Backend("a", 1)}, {{ \"name\": \"c\", \"namespace\": \"other\", \"port\": 6000 }}",
        """
        { "type": "RequestHeaderModifier", "requestHeaderModifier": { "set": [ { "name": "A", "value": "1" } ],
          "add": [ { "name": "B", "value": "1" } ], "remove": [ "C" ] } },
        { "type": "URLRewrite", "urlRewrite": { "hostname": "c.example.com", "path": { "type": "ReplaceFullPath", "replaceFullPath": "/y" } } }
        """,
        """
        { "path": { "type": "PathPrefix", "value": "/x" }, "method": "GET", "headers": [ { "type": "Exact", "name": "A", "value": "1" } ],
          "queryParams": [ { "name": "q", "value": "1" } ] }
        """,
        """, "timeouts": { "request": "2s", "backendRequest": "1s" } """);
}
