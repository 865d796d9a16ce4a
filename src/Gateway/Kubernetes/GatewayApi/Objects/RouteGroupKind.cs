namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A kind of routes.</summary>
internal sealed record RouteGroupKind
{
    /// <summary>The group; null: gateway.networking.k8s.io.</summary>
    public string? Group { get; init; }

    /// <summary>The kind.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";
}
