namespace Gateway.Testing.Kubernetes;

/// <summary>A type that the test server serves.</summary>
/// <param name="Group">The group; empty: the core group.</param>
/// <param name="Version">The version.</param>
/// <param name="Plural">The name in paths.</param>
/// <param name="Kind">The name in objects.</param>
/// <param name="IsNamespaced">Whether objects belong to a namespace.</param>
public sealed record ApiKind(string Group, string Version, string Plural, string Kind, bool IsNamespaced = true)
{
    private const string GatewayGroup = "gateway.networking.k8s.io";

    /// <summary>EndpointSlice.</summary>
    public static ApiKind EndpointSlices { get; } = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");

    /// <summary>What the server serves from its start.</summary>
    public static IReadOnlyList<ApiKind> Known { get; } =
    [
        EndpointSlices,
        new("", "v1", "namespaces", "Namespace", IsNamespaced: false),
        new("", "v1", "services", "Service"),
        new("", "v1", "secrets", "Secret"),
        new("", "v1", "configmaps", "ConfigMap"),
        new("", "v1", "pods", "Pod"),
        new("", "v1", "events", "Event"),
        new("coordination.k8s.io", "v1", "leases", "Lease"),
        new(GatewayGroup, "v1", "gatewayclasses", "GatewayClass", IsNamespaced: false),
        new(GatewayGroup, "v1", "gateways", "Gateway"),
        new(GatewayGroup, "v1", "httproutes", "HTTPRoute"),
        new(GatewayGroup, "v1", "tlsroutes", "TLSRoute"),
        new(GatewayGroup, "v1", "tcproutes", "TCPRoute"),
        new(GatewayGroup, "v1alpha2", "tlsroutes", "TLSRoute"),
        new(GatewayGroup, "v1alpha2", "tcproutes", "TCPRoute"),
        new(GatewayGroup, "v1", "referencegrants", "ReferenceGrant"),
        new(GatewayGroup, "v1beta1", "referencegrants", "ReferenceGrant"),
    ];

    /// <summary>Group and version, as in <c>apiVersion</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}
