using System.Text.Json;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A rule of a route.</summary>
internal sealed record RouteRule
{
    /// <summary>Where connections or requests go; null: nowhere.</summary>
    public IReadOnlyList<BackendRef>? BackendRefs { get; init => field = WholeList.Of(value); }

    /// <summary>HTTPRoute: which requests the rule takes, those of any of these matches; null: all.</summary>
    public IReadOnlyList<HttpRouteMatch>? Matches { get; init => field = WholeList.Of(value); }

    /// <summary>HTTPRoute: what happens to the requests; null: nothing.</summary>
    public IReadOnlyList<HttpFilter>? Filters { get; init => field = WholeList.Of(value); }

    /// <summary>HTTPRoute: the timeouts; null: none.</summary>
    public HttpTimeouts? Timeouts { get; init; }

    /// <summary>HTTPRoute: how failed requests are repeated, which is not supported; null: not at all.</summary>
    public JsonElement? Retry { get; init; }

    /// <summary>HTTPRoute: how a client stays at a backend, which is not supported; null: not at all.</summary>
    public JsonElement? SessionPersistence { get; init; }
}
