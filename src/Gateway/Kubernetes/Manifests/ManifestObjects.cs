using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Kubernetes.GatewayApi.Translation;

namespace Gateway.Kubernetes.Manifests;

/// <summary>
/// The objects that manifests describe, as a cluster would have them: with the namespace <c>default</c> where none is said, with the label
/// that each namespace has, and with a Secret's <c>stringData</c> in its <c>data</c>.
/// </summary>
internal sealed class ManifestObjects
{
    private const string NameLabel = "kubernetes.io/metadata.name";

    private readonly IReadOnlyList<Manifest> _manifests;
    private readonly ICollection<string> _warnings;
    private readonly ICollection<string> _errors;
    private readonly HashSet<(string Kind, string Group)> _known = [];

    private ManifestObjects(IReadOnlyList<Manifest> manifests, ICollection<string> warnings, ICollection<string> errors) =>
        (_manifests, _warnings, _errors) = (manifests, warnings, errors);

    /// <summary>Reads the objects.</summary>
    /// <param name="manifests">The manifests.</param>
    /// <param name="warnings">Takes what is not read, and the kinds that no translation looks at.</param>
    /// <param name="errors">Takes what does not fit its type: where, and why.</param>
    public static ClusterObjects Of(IReadOnlyList<Manifest> manifests, ICollection<string> warnings, ICollection<string> errors)
    {
        foreach (var manifest in manifests)
        {
            AddWhatTheServerAdds(manifest);
        }

        var reading = new ManifestObjects(manifests, warnings, errors);
        var objects = reading.Read();
        string[] others =
        [
            .. manifests.Where(manifest => !reading._known.Contains((manifest.Kind, manifest.Group)))
                .CountBy(static manifest => manifest.Kind)
                .OrderBy(static count => count.Key, StringComparer.Ordinal)
                .Select(static count => $"{count.Value} {count.Key}"),
        ];
        if (others.Length > 0)
        {
            warnings.Add($"not looked at: {string.Join(", ", others)}.");
        }

        return objects;
    }

    private static void AddWhatTheServerAdds(Manifest manifest)
    {
        if (manifest.Body["metadata"] is not JsonObject metadata)
        {
            return;
        }

        if (manifest.Kind is not ("Namespace" or "GatewayClass"))
        {
            metadata["namespace"] ??= "default";
        }

        if (manifest.Kind == "Secret" && manifest.Body["stringData"] is JsonObject texts)
        {
            if (manifest.Body["data"] is not JsonObject data)
            {
                manifest.Body["data"] = data = [];
            }

            foreach (var (name, value) in texts)
            {
                data[name] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value?.ToString() ?? ""));
            }
        }
    }

    private ClusterObjects Read() => new()
    {
        Classes = Of("GatewayClass", GatewayClassObject.Type),
        Gateways = Of(ApiNames.Gateway, GatewayObject.Type),
        TcpRoutes = Of(ApiNames.TcpRoute, RouteObject.Tcp),
        TlsRoutes = Of(ApiNames.TlsRoute, RouteObject.Tls),
        HttpRoutes = Of(ApiNames.HttpRoute, RouteObject.Http),
        Grants = Of("ReferenceGrant", GrantObject.Type),
        Namespaces = Namespaces(Of("Namespace", NamespaceObject.Type)),
        Services = Of(ApiNames.Service, ServiceObject.Type),
        Secrets = Of(ApiNames.Secret, SecretObject.Type),
        Policies = Of("SourceIpPolicy", PolicyObject.Type),
    };

    private List<NamespaceObject> Namespaces(IReadOnlyList<NamespaceObject> described)
    {
        var labels = described.ToDictionary(static item => item.Metadata.Name, static item => item.Metadata.Labels ?? []);
        foreach (var name in _manifests.Select(static manifest => manifest.Namespace).OfType<string>())
        {
            labels.TryAdd(name, []);
        }

        return
        [
            .. labels.Select(static entry => new NamespaceObject
            {
                Metadata = new ObjectMeta { Name = entry.Key, Labels = new(entry.Value) { [NameLabel] = entry.Key } },
            }),
        ];
    }

    private List<T> Of<T>(string kind, ResourceType<T> type)
        where T : class, IResource
    {
        _known.Add((kind, type.Group));
        var found = new Dictionary<ResourceKey, T>();
        foreach (var manifest in _manifests.Where(manifest => manifest.Kind == kind && manifest.Group == type.Group))
        {
            if (Parse(manifest, type) is not { } item)
            {
                continue;
            }

            // Of the other kinds the gateway reads a part by design.
            foreach (var path in type.Group is ApiNames.Group or ApiNames.OwnGroup ? UnreadMembers.Of(manifest.Body, type.Object) : [])
            {
                _warnings.Add($"{manifest.Source}: {manifest.Title}: {path} is not read: misspelt, or not supported (docs/kubernetes.md).");
            }

            if (string.IsNullOrEmpty(item.Metadata.Name))
            {
                _errors.Add($"{manifest.Source}: {kind}: metadata.name is missing.");
            }
            else if (!found.TryAdd(item.Metadata.Key, item))
            {
                _errors.Add($"{manifest.Source}: {manifest.Title} is described twice; the first one counts here.");
            }
        }

        return [.. found.Values];
    }

    private T? Parse<T>(Manifest manifest, ResourceType<T> type)
        where T : class, IResource
    {
        if (ListWithNothing(manifest.Body) is { } list)
        {
            _errors.Add($"{manifest.Source}: {manifest.Title}: {list.GetPath()} has an item that is nothing.");
            return null;
        }

        try
        {
            return manifest.Body.Deserialize(type.Object);
        }
        catch (JsonException problem)
        {
            _errors.Add($"{manifest.Source}: {manifest.Title}: {problem.Path} has a value of another type than the API asks for.");
            return null;
        }
    }

    // The API server refuses such lists.
    private static JsonNode? ListWithNothing(JsonNode? node) => node switch
    {
        JsonArray items => items.Any(static item => item is null) ? items : items.Select(ListWithNothing).FirstOrDefault(IsFound),
        JsonObject members => members.Select(static member => ListWithNothing(member.Value)).FirstOrDefault(IsFound),
        _ => null,
    };

    private static bool IsFound(JsonNode? node) => node is not null;
}
