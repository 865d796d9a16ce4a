using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>A backend of a route, resolved.</summary>
/// <param name="Service">The Service that the route names.</param>
/// <param name="Port">The name of the Service's port, or the number of the pods' port if it has none; empty: unknown.</param>
/// <param name="Weight">The share in relation to the other weights.</param>
/// <param name="Problem">Why its share of connections is refused; null: it is not.</param>
internal sealed record Backend(ResourceKey Service, string Port, int Weight, Problem? Problem = null)
{
    /// <summary>Whether the pods speak HTTP/2 in clear.</summary>
    public bool IsHttp2 { get; init; }
}
