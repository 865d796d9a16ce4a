namespace Gateway.Kubernetes.Endpoints;

/// <summary>A port of all endpoints of a slice.</summary>
internal sealed record EndpointPort
{
    /// <summary>The name of the Service's port; null or empty: it has none.</summary>
    public string? Name { get; init; }

    /// <summary>The port of the pod; null: the slice says nothing.</summary>
    public int? Port { get; init; }

    /// <summary>Defaults to TCP.</summary>
    public string? Protocol { get; init; }
}
