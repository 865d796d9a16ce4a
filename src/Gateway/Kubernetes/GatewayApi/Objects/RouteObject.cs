using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A TCPRoute, TLSRoute or HTTPRoute (gateway.networking.k8s.io/v1).</summary>
internal sealed record RouteObject : IResource
{
    /// <summary>TCPRoutes in the API.</summary>
    public static ResourceType<RouteObject> Tcp { get; } =
        new("gateway.networking.k8s.io", "v1", "tcproutes", ObjectJson.Default.RouteObject, ObjectJson.Default.ResourceListRouteObject);

    /// <summary>TLSRoutes in the API.</summary>
    public static ResourceType<RouteObject> Tls { get; } =
        new("gateway.networking.k8s.io", "v1", "tlsroutes", ObjectJson.Default.RouteObject, ObjectJson.Default.ResourceListRouteObject);

    /// <summary>HTTPRoutes in the API.</summary>
    public static ResourceType<RouteObject> Http { get; } =
        new("gateway.networking.k8s.io", "v1", "httproutes", ObjectJson.Default.RouteObject, ObjectJson.Default.ResourceListRouteObject);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is asked for.</summary>
    public RouteSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What controllers say; null: nothing yet.</summary>
    public RouteObjectStatus? Status { get; init; }
}
