using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Kubernetes.GatewayApi.Translation;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>Objects written as JSON, each younger than the one before. Namespace <c>default</c>, unless an object says otherwise.</summary>
internal sealed class TestObjects
{
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private readonly List<JsonObject> _objects = [];

    /// <summary>The class "gw", a Gateway "g" with the listeners tcp 8080 and other 8090, and the Services a and b.</summary>
    public static TestObjects Start() =>
        new TestObjects().Class().Gateway("g", TcpListener("tcp", 8080), TcpListener("other", 8090)).Service("a").Service("b");

    public static TestObjects Empty() => new TestObjects().Class().Service("a").Service("b");

    public static string TcpListener(string name, int port, string rest = "") =>
        $$"""{ "name": "{{name}}", "protocol": "TCP", "port": {{port}}{{rest}} }""";

    public static string TlsListener(
        string name, int port, string? hostname, string mode = "Passthrough", string certificates = "", string rest = "") => $$"""
        { "name": "{{name}}", "protocol": "TLS", "port": {{port}}, "hostname": {{(hostname is null ? "null" : $"\"{hostname}\"")}},
          "tls": { "mode": "{{mode}}", "certificateRefs": [ {{certificates}} ] }{{rest}} }
        """;

    public static string HttpListener(string name, int port, string? hostname = null, string rest = "") => $$"""
        { "name": "{{name}}", "protocol": "HTTP", "port": {{port}},
          "hostname": {{(hostname is null ? "null" : $"\"{hostname}\"")}}{{rest}} }
        """;

    public static string HttpsListener(string name, int port, string? hostname, string certificates, string rest = "") => $$"""
        { "name": "{{name}}", "protocol": "HTTPS", "port": {{port}}, "hostname": {{(hostname is null ? "null" : $"\"{hostname}\"")}},
          "tls": { "certificateRefs": [ {{certificates}} ] }{{rest}} }
        """;

    public static string Backend(string name, int? weight = null, string rest = "") =>
        $$"""{ "name": "{{name}}", "port": 6000, "weight": {{weight?.ToString() ?? "null"}}{{rest}} }""";

    public TestObjects Class(string controller = ApiNames.Controller, string rest = "") =>
        Add($$"""{ "kind": "GatewayClass", "metadata": { "name": "gw" }, "spec": { "controllerName": "{{controller}}"{{rest}} } }""");

    public TestObjects Gateway(string name, params string[] listeners) => Add($$"""
        { "kind": "Gateway", "metadata": { "name": "{{name}}" },
          "spec": { "gatewayClassName": "gw", "listeners": [ {{string.Join(',', listeners)}} ] } }
        """);

    public TestObjects Service(string name, string ns = "default", string annotations = "") => Add($$"""
        { "kind": "Service", "metadata": { "name": "{{name}}", "namespace": "{{ns}}", "annotations": { {{annotations}} } },
          "spec": { "ports": [ { "name": "web", "port": 6000, "targetPort": 16000 }, { "name": "dns", "port": 53, "protocol": "UDP" } ] } }
        """);

    public TestObjects Route(
        string name,
        string parent,
        string backends,
        string hostnames = "",
        string kind = "TCPRoute",
        string ns = "default",
        string annotations = "") => Add($$"""
        { "kind": "{{kind}}", "metadata": { "name": "{{name}}", "namespace": "{{ns}}", "annotations": { {{annotations}} } },
          "spec": { "parentRefs": [ {{parent}} ], "hostnames": [ {{hostnames}} ], "rules": [ { "backendRefs": [ {{backends}} ] } ] } }
        """);

    // The rules are JSON, too.
    public TestObjects HttpRoute(
        string name, string parent, string rules, string hostnames = "", string ns = "default", string annotations = "") => Add($$"""
        { "kind": "HTTPRoute", "metadata": { "name": "{{name}}", "namespace": "{{ns}}", "annotations": { {{annotations}} } },
          "spec": { "parentRefs": [ {{parent}} ], "hostnames": [ {{hostnames}} ], "rules": [ {{rules}} ] } }
        """);

    public TestObjects Policy(string name, string targets, string rest) => Add($$"""
        { "kind": "SourceIpPolicy", "metadata": { "name": "{{name}}" }, "spec": { "targetRefs": [ {{targets}} ], {{rest}} } }
        """);

    public TestObjects Grant(string ns, string fromKind, string toKind, string? toName = null) => Add($$"""
        { "kind": "ReferenceGrant", "metadata": { "name": "grant", "namespace": "{{ns}}" }, "spec": {
          "from": [ { "group": "{{ApiNames.Group}}", "kind": "{{fromKind}}", "namespace": "default" } ],
          "to": [ { "group": "", "kind": "{{toKind}}"{{(toName is null ? "" : $", \"name\": \"{toName}\"")}} } ] } }
        """);

    public TestObjects Secret(string name, string certificate, string key, string ns = "default") => Add($$"""
        { "kind": "Secret", "metadata": { "name": "{{name}}", "namespace": "{{ns}}" },
          "data": { "tls.crt": "{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(certificate))}}",
                    "tls.key": "{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(key))}}", "other": "ignored" } }
        """);

    public TestObjects Add(string json)
    {
        var item = JsonNode.Parse(json, documentOptions: Lenient)!.AsObject();
        var meta = item["metadata"]!.AsObject();
        meta["namespace"] ??= "default";
        meta["creationTimestamp"] ??= DateTimeOffset.UnixEpoch.AddSeconds(_objects.Count).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        meta["generation"] ??= 1;
        _objects.Add(item);
        return this;
    }

    /// <summary>The objects, the oldest first.</summary>
    public IReadOnlyList<JsonObject> All => _objects;

    /// <summary>The same objects, but for one.</summary>
    public TestObjects With(int index, JsonObject item)
    {
        var changed = new TestObjects();
        changed._objects.AddRange(_objects);
        changed._objects[index] = item;
        return changed;
    }

    public ClusterObjects Build() => new()
    {
        Classes = Of("GatewayClass", ObjectJson.Default.GatewayClassObject),
        Gateways = Of("Gateway", ObjectJson.Default.GatewayObject),
        TcpRoutes = Of("TCPRoute", ObjectJson.Default.RouteObject),
        TlsRoutes = Of("TLSRoute", ObjectJson.Default.RouteObject),
        HttpRoutes = Of("HTTPRoute", ObjectJson.Default.RouteObject),
        Grants = Of("ReferenceGrant", ObjectJson.Default.GrantObject),
        Namespaces = Of("Namespace", ObjectJson.Default.NamespaceObject),
        Services = Of("Service", ObjectJson.Default.ServiceObject),
        Secrets = Of("Secret", ObjectJson.Default.SecretObject),
        Policies = Of("SourceIpPolicy", ObjectJson.Default.PolicyObject),
    };

    public TranslatedObjects Translate(RefusedEntries? refused = null) => GatewayTranslator.Translate("gw", Build(), refused);

    // As a list could come in any order.
    private T[] Of<T>(string kind, JsonTypeInfo<T> type) =>
        [.. _objects.Where(item => item["kind"]!.GetValue<string>() == kind).Select(item => item.Deserialize(type)!).Reverse()];
}
