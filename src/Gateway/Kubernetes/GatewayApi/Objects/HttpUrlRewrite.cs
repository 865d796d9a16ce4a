namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The URL with which a request goes to the backend.</summary>
internal sealed record HttpUrlRewrite
{
    /// <summary>The host; null: that of the request.</summary>
    public string? Hostname { get; init; }

    /// <summary>The path; null: that of the request.</summary>
    public HttpPathModifier? Path { get; init; }
}
