namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A condition on one label.</summary>
internal sealed record LabelRequirement
{
    /// <summary>The label.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary><c>In</c>, <c>NotIn</c>, <c>Exists</c> or <c>DoesNotExist</c>.</summary>
    public string Operator { get; init => field = value ?? ""; } = "";

    /// <summary>For In and NotIn: the values.</summary>
    public IReadOnlyList<string>? Values { get; init => field = WholeList.Of(value); }
}
