namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A condition on a header or on a query parameter.</summary>
internal sealed record HttpValueMatch
{
    /// <summary><c>Exact</c> or <c>RegularExpression</c>; null: Exact.</summary>
    public string? Type { get; init; }

    /// <summary>The name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The value.</summary>
    public string Value { get; init => field = value ?? ""; } = "";
}
