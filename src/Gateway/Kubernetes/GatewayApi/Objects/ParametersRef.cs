namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A reference to an object with parameters.</summary>
internal sealed record ParametersRef
{
    /// <summary>The group of the object.</summary>
    public string Group { get; init => field = value ?? ""; } = "";

    /// <summary>Its kind.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";
}
