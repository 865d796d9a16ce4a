namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The specification of a ReferenceGrant.</summary>
internal sealed record GrantSpec
{
    /// <summary>Whose references are allowed; null: nobody's.</summary>
    public IReadOnlyList<GrantFrom>? From { get; init => field = WholeList.Of(value); }

    /// <summary>To what they may refer; null: to nothing.</summary>
    public IReadOnlyList<GrantTo>? To { get; init => field = WholeList.Of(value); }
}
