namespace Gateway.Kubernetes.Endpoints;

/// <summary>The state of an endpoint. Null is unknown.</summary>
internal sealed record EndpointConditions
{
    /// <summary>It takes connections, and is not about to go.</summary>
    public bool? Ready { get; init; }

    /// <summary>It takes connections.</summary>
    public bool? Serving { get; init; }

    /// <summary>It is about to go.</summary>
    public bool? Terminating { get; init; }
}
