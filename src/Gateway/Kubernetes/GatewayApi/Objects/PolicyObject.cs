using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>
/// A SourceIpPolicy (<c>gateway.internal/v1alpha1</c>): how backends learn the client's address, and whom listeners trust.
/// </summary>
internal sealed record PolicyObject : IResource
{
    /// <summary>The type in the API.</summary>
    public static ResourceType<PolicyObject> Type { get; } = new(
        "gateway.internal",
        "v1alpha1",
        "sourceippolicies",
        ObjectJson.Default.PolicyObject,
        ObjectJson.Default.ResourceListPolicyObject);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is asked for.</summary>
    public PolicySpec Spec { get; init => field = value ?? new(); } = new();
}
