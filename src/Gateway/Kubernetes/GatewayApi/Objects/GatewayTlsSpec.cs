using System.Text.Json;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>TLS of a Gateway as a whole.</summary>
internal sealed record GatewayTlsSpec
{
    /// <summary>How client certificates are checked, which is not supported; null: not at all.</summary>
    public JsonElement? Frontend { get; init; }
}
