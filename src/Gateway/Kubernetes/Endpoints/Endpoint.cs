namespace Gateway.Kubernetes.Endpoints;

/// <summary>An endpoint: mostly a pod.</summary>
internal sealed record Endpoint
{
    /// <summary>Its addresses. Kubernetes says that they are interchangeable, and that clients use the first alone.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>Whether it takes connections; null: unknown, which counts as ready.</summary>
    public EndpointConditions? Conditions { get; init; }

    /// <summary>For which zones it is meant; null: for all.</summary>
    public EndpointHints? Hints { get; init; }

    /// <summary>Whether it gets new connections.</summary>
    public bool IsReady => Conditions?.Ready != false;

    /// <summary>Whether it is about to go, but still takes connections. It gets new connections only if no endpoint is ready.</summary>
    public bool IsLastResort => Conditions is { Ready: false, Terminating: true, Serving: true };
}
