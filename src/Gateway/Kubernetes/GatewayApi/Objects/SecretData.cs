using System.Text.Json.Serialization;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The entries of a Secret that the gateway reads.</summary>
internal sealed record SecretData
{
    /// <summary>The certificate and its intermediates, in PEM; null: there is none.</summary>
    [JsonPropertyName("tls.crt")]
    public byte[]? Certificate { get; init; }

    /// <summary>The private key, in PEM; null: there is none.</summary>
    [JsonPropertyName("tls.key")]
    public byte[]? Key { get; init; }
}
