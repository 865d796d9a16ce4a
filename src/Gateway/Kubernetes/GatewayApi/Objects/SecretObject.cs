using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A Secret with a certificate (kubernetes.io/tls). Other entries of the Secret are not read.</summary>
internal sealed record SecretObject : IResource
{
    /// <summary>The type in the API.</summary>
    public static ResourceType<SecretObject> Type { get; } =
        new("", "v1", "secrets", ObjectJson.Default.SecretObject, ObjectJson.Default.ResourceListSecretObject);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The entries; null: none.</summary>
    public SecretData? Data { get; init; }
}
