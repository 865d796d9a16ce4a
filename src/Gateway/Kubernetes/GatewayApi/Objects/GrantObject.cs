using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A ReferenceGrant (gateway.networking.k8s.io/v1): allows objects of other namespaces to refer to objects of its own.</summary>
internal sealed record GrantObject : IResource
{
    /// <summary>The type in the API.</summary>
    public static ResourceType<GrantObject> Type { get; } = new(
        "gateway.networking.k8s.io",
        "v1",
        "referencegrants",
        ObjectJson.Default.GrantObject,
        ObjectJson.Default.ResourceListGrantObject);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is allowed.</summary>
    public GrantSpec Spec { get; init => field = value ?? new(); } = new();
}
