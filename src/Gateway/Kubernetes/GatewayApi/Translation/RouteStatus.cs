using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>The status of a route.</summary>
/// <param name="Kind">TCPRoute, TLSRoute or HTTPRoute.</param>
/// <param name="Object">The route.</param>
/// <param name="Parents">Its references to Gateways of this gateway, each with Accepted and ResolvedRefs.</param>
/// <param name="Others">Its references to Gateways of this controller's other classes, of which another gateway writes.</param>
internal sealed record RouteStatus(
    string Kind,
    ObjectMeta Object,
    IReadOnlyList<(ParentRef Parent, IReadOnlyList<Condition> Conditions)> Parents,
    IReadOnlyList<ParentRef> Others);
