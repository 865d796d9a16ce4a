namespace Gateway.Kubernetes.Endpoints;

/// <summary>A zone for which an endpoint is meant.</summary>
/// <param name="Name">As in the label <c>topology.kubernetes.io/zone</c> of nodes.</param>
internal sealed record ForZone(string? Name);
