namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>Objects that may refer to another namespace.</summary>
internal sealed record GrantFrom
{
    /// <summary>Their group.</summary>
    public string Group { get; init => field = value ?? ""; } = "";

    /// <summary>Their kind.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>Their namespace.</summary>
    public string Namespace { get; init => field = value ?? ""; } = "";
}
