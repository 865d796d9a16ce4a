namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A reference of a route to a Gateway, or to one of its listeners.</summary>
internal sealed record ParentRef
{
    /// <summary>The group; null: gateway.networking.k8s.io.</summary>
    public string? Group { get; init; }

    /// <summary>The kind; null: Gateway.</summary>
    public string? Kind { get; init; }

    /// <summary>The namespace; null: that of the route.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The listener; null: all.</summary>
    public string? SectionName { get; init; }

    /// <summary>The port of listeners; null: any.</summary>
    public int? Port { get; init; }
}
