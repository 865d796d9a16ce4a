namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A backend of a route, with its share.</summary>
internal sealed record BackendRef
{
    /// <summary>The group; null or empty: the core group.</summary>
    public string? Group { get; init; }

    /// <summary>The kind; null: Service.</summary>
    public string? Kind { get; init; }

    /// <summary>The namespace; null: that of the route.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The port of the Service.</summary>
    public int? Port { get; init; }

    /// <summary>The share in relation to the other weights; null: 1.</summary>
    public int? Weight { get; init; }

    /// <summary>HTTPRoute: filters of this backend alone, which are not supported; null: none.</summary>
    public IReadOnlyList<HttpFilter>? Filters { get; init => field = WholeList.Of(value); }
}
