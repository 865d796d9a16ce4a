using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>Attaches routes to the listeners of Gateways: both sides must agree.</summary>
/// <param name="slots">The listeners.</param>
/// <param name="namespaces">The namespaces, for their labels.</param>
internal sealed class Attachments(ListenerSlots slots, IEnumerable<NamespaceObject> namespaces)
{
    private readonly ILookup<ResourceKey, ListenerSlot> _byGateway = slots.All.ToLookup(static slot => slot.Gateway.Metadata.Key);

    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _labels = namespaces.ToDictionary(
        static ns => ns.Metadata.Name,
        static ns => (IReadOnlyDictionary<string, string>)(ns.Metadata.Labels ?? []));

    /// <summary>Attaches a route by one of its references.</summary>
    /// <param name="kind">The kind of the route.</param>
    /// <param name="route">The route.</param>
    /// <param name="parent">The reference, which must be to a Gateway of the class.</param>
    /// <param name="attached">Where the route is attached.</param>
    /// <returns>Why it is attached nowhere; null: it is.</returns>
    public Problem? Attach(string kind, RouteObject route, ParentRef parent, List<Attachment> attached)
    {
        var named = _byGateway[KeyOf(route, parent)]
            .Where(slot => string.IsNullOrEmpty(parent.SectionName) || slot.Spec.Name == parent.SectionName)
            .Where(slot => parent.Port is null || slot.Spec.Port == parent.Port)
            .ToArray();
        if (named.Length == 0)
        {
            return new("NoMatchingParent", $"the Gateway {KeyOf(route, parent)} has no such listener");
        }

        var allowed = named.Where(slot => slot.Kinds.Contains(kind) && IsAllowed(slot, route.Metadata.Namespace)).ToArray();
        if (allowed.Length == 0)
        {
            return new(
                "NotAllowedByListeners", $"no such listener of the Gateway takes a {kind} of the namespace {route.Metadata.Namespace}");
        }

        var matching = allowed.Select(slot => new Attachment(kind, route, slot, NamesOf(kind, slot.Spec.Hostname, route)))
            .Where(static one => one.Kind == ApiNames.TcpRoute || one.Names.Count > 0).ToArray();
        if (matching.Length == 0)
        {
            return new("NoMatchingListenerHostname", "the route has no hostname in common with these listeners");
        }

        foreach (var one in matching.Where(static one => one.Slot is { Rejection: null, Conflict: null }))
        {
            one.Slot.AttachedRoutes++;
            attached.Add(one);
        }

        return null;
    }

    /// <summary>The Gateway of a reference.</summary>
    public static ResourceKey KeyOf(RouteObject route, ParentRef parent) =>
        new(string.IsNullOrEmpty(parent.Namespace) ? route.Metadata.Namespace : parent.Namespace, parent.Name);

    private bool IsAllowed(ListenerSlot slot, string ns)
    {
        var asked = slot.Spec.AllowedRoutes?.Namespaces;
        return (asked?.From ?? "Same") switch
        {
            "All" => true,
            "Same" => ns == slot.Gateway.Metadata.Namespace,
            "Selector" => asked!.Selector is { } selector
                && _labels.TryGetValue(ns, out var labels) && Selectors.Matches(selector, labels),
            _ => false,
        };
    }

    // A route without names takes those of the listener; where that has none either, it takes every name, as "" says.
    private static IReadOnlyList<string> NamesOf(string kind, string? hostname, RouteObject route) =>
        kind == ApiNames.TcpRoute ? []
        : route.Spec.Hostnames is not { Count: > 0 } names ? [hostname?.ToLowerInvariant() ?? ""]
        : [.. names.Select(name => Hostnames.Intersect(hostname, name)).OfType<string>().Distinct()];
}
