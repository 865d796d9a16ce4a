namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A reference to an object, such as a Secret.</summary>
internal sealed record ObjectRef
{
    /// <summary>The group; null or empty: the core group.</summary>
    public string? Group { get; init; }

    /// <summary>The kind; null: Secret.</summary>
    public string? Kind { get; init; }

    /// <summary>The namespace; null: that of the referring object.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";
}
