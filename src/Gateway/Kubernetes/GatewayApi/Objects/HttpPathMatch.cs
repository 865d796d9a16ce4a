namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A condition on the path.</summary>
internal sealed record HttpPathMatch
{
    /// <summary><c>Exact</c>, <c>PathPrefix</c> or <c>RegularExpression</c>; null: PathPrefix.</summary>
    public string? Type { get; init; }

    /// <summary>The path; null: /.</summary>
    public string? Value { get; init; }
}
