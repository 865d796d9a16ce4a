namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The status of a route.</summary>
internal sealed record RouteObjectStatus
{
    /// <summary>One entry for each controller and reference.</summary>
    public IReadOnlyList<RouteParentStatus>? Parents { get; init => field = WholeList.Of(value); }
}
