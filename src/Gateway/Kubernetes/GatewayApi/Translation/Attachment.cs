using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>A route that is attached to a listener of a Gateway.</summary>
/// <param name="Kind">TCPRoute, TLSRoute or HTTPRoute.</param>
/// <param name="Route">The route.</param>
/// <param name="Slot">The listener.</param>
/// <param name="Names">TLSRoute, HTTPRoute: the host names that the listener and the route have in common.</param>
internal sealed record Attachment(string Kind, RouteObject Route, ListenerSlot Slot, IReadOnlyList<string> Names)
{
    /// <summary>The name of the configuration's route, without the number of the backend.</summary>
    public string RouteName =>
        $"{Kind.ToLowerInvariant()}.{Route.Metadata.Namespace}.{Route.Metadata.Name}.{Slot.Spec.Port}";
}
