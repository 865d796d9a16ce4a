using System.Text;
using Gateway.Kubernetes.Manifests;
using Gateway.Testing;

namespace Gateway.Tests.Kubernetes.Manifests;

public sealed class ManifestReaderTests
{
    private readonly List<string> _errors = [];

    [Fact]
    public void Parse_ListsAndDocuments_AreTakenApart()
    {
        var manifests = Parse("""
            apiVersion: v1
            kind: List
            items:
            - { apiVersion: v1, kind: Service, metadata: { name: a } }
            - { apiVersion: gateway.networking.k8s.io/v1alpha2, kind: TCPRoute, metadata: { name: b, namespace: n } }
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: GatewayList
            items: [ { apiVersion: gateway.networking.k8s.io/v1, metadata: { name: c } } ]
            """);

        Assert.Empty(_errors);
        Assert.Equal(
            [
                "file:1 Service a in ",
                "file:1 TCPRoute n/b in gateway.networking.k8s.io",
                "file:6 Gateway c in gateway.networking.k8s.io",
            ],
            manifests.Select(static manifest => $"{manifest.Source} {manifest.Title} in {manifest.Group}"));
    }

    /// <summary>YAML has no pairs of surrogates; <c>kubectl -o json</c> may write them.</summary>
    [Fact]
    public void Parse_Json_IsReadAsJson()
    {
        var manifest = Assert.Single(Parse("""
            { "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a", "annotations": { "x": "\ud83d\ude00" } } }
            """));

        Assert.Equal("\ud83d\ude00", $"{manifest.Body["metadata"]!["annotations"]!["x"]}");
    }

    [Theory]
    [InlineData("just a text", "file:1: this is no object of Kubernetes: it has no apiVersion and kind.")]
    [InlineData("a: 1", "file:1: this is no object of Kubernetes: it has no apiVersion or no kind.")]
    [InlineData("kind: Service", "file:1: this is no object of Kubernetes: it has no apiVersion or no kind.")]
    [InlineData("apiVersion: v1\nkind: Service\nkind: Service", "file:3:1: the key kind stands here twice")]
    [InlineData("""{ "apiVersion": "v1", "kind": "Service", "kind": "Service" }""", "file:1:42: the key kind stands here twice")]
    public void Parse_NoObject_SaysWhereAndWhy(string text, string error)
    {
        Assert.Empty(Parse(text));
        Assert.Equal(error, Assert.Single(_errors));
    }

    [Fact]
    public void Read_Folder_TakesItsYamlAndJsonFiles()
    {
        using var folder = new TemporaryFolder();
        folder.Write("b.yaml", "apiVersion: v1\nkind: Service\nmetadata: { name: b }");
        folder.Write("a.json", """{ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a" } }""");
        folder.Write("README.md", "no object");

        var manifests = ManifestReader.Read(folder.Path, TextReader.Null, _errors);

        Assert.Empty(_errors);
        Assert.Equal(["Service a", "Service b"], manifests.Select(static manifest => manifest.Title));
    }

    [Fact]
    public void Read_StandardInputAndMissingFile_AreSaidSo()
    {
        ManifestReader.Read("-", new StringReader("["), _errors);
        ManifestReader.Read("/no/such/file.yaml", TextReader.Null, _errors);

        Assert.StartsWith("standard input:", _errors[0], StringComparison.Ordinal);
        Assert.StartsWith("/no/such/file.yaml: cannot be read: ", _errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_WhatTheServerAdds_IsAdded()
    {
        var manifests = Parse("""
            { apiVersion: v1, kind: Secret, metadata: { name: s }, data: { tls.crt: b2xk }, stringData: { tls.crt: new, tls.key: key } }
            ---
            { apiVersion: v1, kind: Namespace, metadata: { name: n, labels: { team: x } } }
            ---
            { apiVersion: v1, kind: Service, metadata: { name: a, namespace: other }, spec: { ports: [ { port: 80 } ] } }
            ---
            { apiVersion: networking.istio.io/v1, kind: Gateway, metadata: { name: g } }
            ---
            { apiVersion: apps/v1, kind: Deployment, metadata: { name: d } }
            """);

        var warnings = new List<string>();
        var objects = ManifestObjects.Of(manifests, warnings, _errors);

        Assert.Empty(_errors);
        var secret = Assert.Single(objects.Secrets);
        Assert.Equal(("default", "new", "key"), (
            secret.Metadata.Namespace, Encoding.UTF8.GetString(secret.Data!.Certificate!), Encoding.UTF8.GetString(secret.Data.Key!)));
        Assert.Equal(
            [
                "default: kubernetes.io/metadata.name=default",
                "n: kubernetes.io/metadata.name=n team=x",
                "other: kubernetes.io/metadata.name=other",
            ],
            objects.Namespaces.Select(static item => $"{item.Metadata.Name}: "
                + string.Join(' ', item.Metadata.Labels!.Select(static label => $"{label.Key}={label.Value}").Order())).Order());
        Assert.Empty(objects.Gateways);
        Assert.Equal(["not looked at: 1 Deployment, 1 Gateway."], warnings);
    }

    [Fact]
    public void Of_WhatFitsNoType_SaysWhereAndWhy()
    {
        var manifests = Parse("""
            { apiVersion: v1, kind: Service, metadata: { name: a }, spec: { ports: [ { port: http } ] } }
            ---
            { apiVersion: v1, kind: Service, metadata: { } }
            ---
            { apiVersion: v1, kind: Service, metadata: { name: b } }
            ---
            { apiVersion: v1, kind: Service, metadata: { name: b } }
            ---
            { apiVersion: v1, kind: Service, metadata: { name: c }, spec: { ports: [ { port: 1 }, ] } }
            ---
            { apiVersion: v1, kind: Service, metadata: { name: d }, spec: { ports: [ { port: 1 }, null ] } }
            """);

        var objects = ManifestObjects.Of(manifests, [], _errors);

        Assert.Equal(["b", "c"], objects.Services.Select(static service => service.Metadata.Name));
        Assert.Equal(
            [
                "file:1: Service default/a: $.spec.ports[0].port has a value of another type than the API asks for.",
                "file:2: Service: metadata.name is missing.",
                "file:6: Service default/b is described twice; the first one counts here.",
                "file:10: Service default/d: $.spec.ports has an item that is nothing.",
            ],
            _errors);
    }

    [Fact]
    public void Of_MembersThatAreNotRead_AreNamedWithTheirPlace()
    {
        var manifests = Parse("""
            apiVersion: v1
            kind: List
            items:
            - apiVersion: gateway.networking.k8s.io/v1
              kind: HTTPRoute
              metadata: { name: r, labels: { any: thing } }
              spec:
                parentRefs: [ { name: g, sectionname: web } ]
                rules:
                - { name: for people, backendRefs: [ { name: a, port: 80, wieght: 3 } ], retry: { attempts: 1 } }
                - { backendRef: [ { name: a } ] }
              status: { any: thing }
            - { apiVersion: v1, kind: Service, metadata: { name: a }, spec: { selector: { any: thing }, ports: [ { nodePort: 30000 } ] } }
            """);
        var warnings = new List<string>();

        ManifestObjects.Of(manifests, warnings, _errors);

        Assert.Empty(_errors);
        Assert.Equal(
            ["$.spec.parentRefs[0].sectionname", "$.spec.rules[0].backendRefs[0].wieght", "$.spec.rules[1].backendRef"],
            warnings.Select(static warning => warning.Split("HTTPRoute default/r: ")[1].Split(' ')[0]));
        Assert.EndsWith(" is not read: misspelt, or not supported (docs/kubernetes.md).", warnings[0], StringComparison.Ordinal);
    }

    private List<Manifest> Parse(string text)
    {
        var manifests = new List<Manifest>();
        ManifestReader.Parse("file", text, manifests, _errors);
        return manifests;
    }
}
