namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The specification of a Service.</summary>
internal sealed record ServiceSpec
{
    /// <summary><c>ClusterIP</c>, <c>ExternalName</c> or another; null: ClusterIP.</summary>
    public string? Type { get; init; }

    /// <summary>The ports; null: none.</summary>
    public IReadOnlyList<ServicePort>? Ports { get; init => field = WholeList.Of(value); }
}
