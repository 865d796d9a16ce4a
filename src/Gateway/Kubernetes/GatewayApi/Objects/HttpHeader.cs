namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A header.</summary>
internal sealed record HttpHeader
{
    /// <summary>The name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The value.</summary>
    public string Value { get; init => field = value ?? ""; } = "";
}
