namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>Objects to which another namespace may refer.</summary>
internal sealed record GrantTo
{
    /// <summary>Their group; empty: the core group.</summary>
    public string Group { get; init => field = value ?? ""; } = "";

    /// <summary>Their kind.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>The name; null: all.</summary>
    public string? Name { get; init; }
}
