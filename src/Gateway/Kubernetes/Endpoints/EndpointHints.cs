namespace Gateway.Kubernetes.Endpoints;

/// <summary>For whom an endpoint is meant.</summary>
internal sealed record EndpointHints
{
    /// <summary>The zones whose clients should use it.</summary>
    public IReadOnlyList<ForZone?>? ForZones { get; init; }
}
