using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A Gateway (gateway.networking.k8s.io/v1): the ports on which clients come in.</summary>
internal sealed record GatewayObject : IResource
{
    /// <summary>The type in the API.</summary>
    public static ResourceType<GatewayObject> Type { get; } =
        new("gateway.networking.k8s.io", "v1", "gateways", ObjectJson.Default.GatewayObject, ObjectJson.Default.ResourceListGatewayObject);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is asked for.</summary>
    public GatewaySpec Spec { get; init => field = value ?? new(); } = new();
}
