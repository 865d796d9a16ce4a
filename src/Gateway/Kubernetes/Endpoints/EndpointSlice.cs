using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>A part of the endpoints of a Service (discovery.k8s.io/v1), all of one family.</summary>
internal sealed record EndpointSlice : IResource
{
    /// <summary>The label with the name of the Service.</summary>
    public const string ServiceLabel = "kubernetes.io/service-name";

    /// <summary>The type in the API.</summary>
    public static ResourceType<EndpointSlice> Type { get; } = new(
        "discovery.k8s.io",
        "v1",
        "endpointslices",
        EndpointJson.Default.EndpointSlice,
        EndpointJson.Default.ResourceListEndpointSlice);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary><c>IPv4</c>, <c>IPv6</c> or <c>FQDN</c>.</summary>
    public string AddressType { get; init => field = value ?? ""; } = "";

    /// <summary>The endpoints; null: none.</summary>
    public IReadOnlyList<Endpoint?>? Endpoints { get; init; }

    /// <summary>The ports of all these endpoints; null: none.</summary>
    public IReadOnlyList<EndpointPort?>? Ports { get; init; }

    /// <summary>The name of the Service; null: the slice belongs to none.</summary>
    public string? Service => Metadata.Labels?.GetValueOrDefault(ServiceLabel);
}
