using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A GatewayClass (gateway.networking.k8s.io/v1): which controller serves the Gateways of the class.</summary>
internal sealed record GatewayClassObject : IResource
{
    /// <summary>The type in the API.</summary>
    public static ResourceType<GatewayClassObject> Type { get; } = new(
        "gateway.networking.k8s.io",
        "v1",
        "gatewayclasses",
        ObjectJson.Default.GatewayClassObject,
        ObjectJson.Default.ResourceListGatewayClassObject);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is asked for.</summary>
    public GatewayClassSpec Spec { get; init => field = value ?? new(); } = new();
}
