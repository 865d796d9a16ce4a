namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>What a controller has written about a route at one of its references, as far as the gateway reads it.</summary>
internal sealed record RouteParentStatus
{
    /// <summary>The reference.</summary>
    public ParentRef ParentRef { get; init => field = value ?? new(); } = new();

    /// <summary>The controller.</summary>
    public string ControllerName { get; init => field = value ?? ""; } = "";
}
