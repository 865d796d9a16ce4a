using System.Text.Json;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A port of a Service.</summary>
internal sealed record ServicePort
{
    /// <summary>The name, which its endpoints have too; null: the only port has none.</summary>
    public string? Name { get; init; }

    /// <summary><c>TCP</c> or another; null: TCP.</summary>
    public string? Protocol { get; init; }

    /// <summary>What the port speaks, such as <c>kubernetes.io/h2c</c>; null: not said.</summary>
    public string? AppProtocol { get; init; }

    /// <summary>The number that clients of the Service use.</summary>
    public int Port { get; init; }

    /// <summary>The number or name of the pods' port; null: the same number.</summary>
    public JsonElement? TargetPort { get; init; }
}
