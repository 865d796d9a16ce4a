namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The specification of a route.</summary>
internal sealed record RouteSpec
{
    /// <summary>The Gateways to which the route attaches; null: none.</summary>
    public IReadOnlyList<ParentRef>? ParentRefs { get; init => field = WholeList.Of(value); }

    /// <summary>TLSRoute, HTTPRoute: the host names; null: none.</summary>
    public IReadOnlyList<string>? Hostnames { get; init => field = WholeList.Of(value); }

    /// <summary>The rules, of which the API allows TCPRoute and TLSRoute one; null: none.</summary>
    public IReadOnlyList<RouteRule>? Rules { get; init => field = WholeList.Of(value); }
}
