namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>Selects objects by their labels. All conditions must hold.</summary>
internal sealed record LabelSelector
{
    /// <summary>Labels with these values; null: none.</summary>
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }

    /// <summary>Further conditions; null: none.</summary>
    public IReadOnlyList<LabelRequirement>? MatchExpressions { get; init => field = WholeList.Of(value); }
}
