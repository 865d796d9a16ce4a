using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A namespace, for its labels.</summary>
internal sealed record NamespaceObject : IResource
{
    /// <summary>The type in the API.</summary>
    public static ResourceType<NamespaceObject> Type { get; } =
        new("", "v1", "namespaces", ObjectJson.Default.NamespaceObject, ObjectJson.Default.ResourceListNamespaceObject);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
}
