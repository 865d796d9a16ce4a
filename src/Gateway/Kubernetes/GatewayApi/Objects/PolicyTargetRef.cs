namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>What a policy is attached to: a Gateway, Service or route of its own namespace.</summary>
internal sealed record PolicyTargetRef
{
    /// <summary>The group; null or empty: the core group.</summary>
    public string? Group { get; init; }

    /// <summary>The kind.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>The name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The listener of a Gateway; null: all.</summary>
    public string? SectionName { get; init; }
}
