using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>All objects of a cluster that a translation looks at. Immutable.</summary>
internal sealed record ClusterObjects
{
    /// <summary>GatewayClasses.</summary>
    public IReadOnlyList<GatewayClassObject> Classes { get; init; } = [];

    /// <summary>Gateways of any class.</summary>
    public IReadOnlyList<GatewayObject> Gateways { get; init; } = [];

    /// <summary>TCPRoutes.</summary>
    public IReadOnlyList<RouteObject> TcpRoutes { get; init; } = [];

    /// <summary>TLSRoutes.</summary>
    public IReadOnlyList<RouteObject> TlsRoutes { get; init; } = [];

    /// <summary>HTTPRoutes.</summary>
    public IReadOnlyList<RouteObject> HttpRoutes { get; init; } = [];

    /// <summary>ReferenceGrants.</summary>
    public IReadOnlyList<GrantObject> Grants { get; init; } = [];

    /// <summary>Namespaces.</summary>
    public IReadOnlyList<NamespaceObject> Namespaces { get; init; } = [];

    /// <summary>Services.</summary>
    public IReadOnlyList<ServiceObject> Services { get; init; } = [];

    /// <summary>Secrets.</summary>
    public IReadOnlyList<SecretObject> Secrets { get; init; } = [];

    /// <summary>SourceIpPolicies.</summary>
    public IReadOnlyList<PolicyObject> Policies { get; init; } = [];
}
