using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A Service, for its ports.</summary>
internal sealed record ServiceObject : IResource
{
    /// <summary>The type in the API.</summary>
    public static ResourceType<ServiceObject> Type { get; } =
        new("", "v1", "services", ObjectJson.Default.ServiceObject, ObjectJson.Default.ResourceListServiceObject);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is asked for.</summary>
    public ServiceSpec Spec { get; init => field = value ?? new(); } = new();
}
