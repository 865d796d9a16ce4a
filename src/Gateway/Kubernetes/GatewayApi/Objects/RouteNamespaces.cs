namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>From which namespaces routes may attach.</summary>
internal sealed record RouteNamespaces
{
    /// <summary><c>Same</c>, <c>All</c>, <c>Selector</c> or <c>None</c>; null: Same.</summary>
    public string? From { get; init; }

    /// <summary>For Selector: the labels of the namespaces.</summary>
    public LabelSelector? Selector { get; init; }
}
