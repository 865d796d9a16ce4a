namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>Timeouts of an HTTPRoute's rule, such as <c>10s</c>.</summary>
internal sealed record HttpTimeouts
{
    /// <summary>The longest time until the response has ended; null or 0s: no limit.</summary>
    public string? Request { get; init; }

    /// <summary>The longest time for each attempt at a backend; null: no limit of its own.</summary>
    public string? BackendRequest { get; init; }
}
