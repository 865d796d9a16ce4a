namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>Which routes may attach to a listener.</summary>
internal sealed record AllowedRoutes
{
    /// <summary>From which namespaces; null: from that of the Gateway.</summary>
    public RouteNamespaces? Namespaces { get; init; }

    /// <summary>Which kinds; null or empty: all that the protocol has.</summary>
    public IReadOnlyList<RouteGroupKind>? Kinds { get; init => field = WholeList.Of(value); }
}
