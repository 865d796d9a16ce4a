using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// Translates the objects of the Gateway API into entries of the configuration and into statuses. A pure function: the same objects give
/// the same result.
/// <para>
/// 1. The class must name this controller. 2. The listeners of its Gateways are judged (<see cref="ListenerSlots"/>). 3. The routes are
/// attached to them, the oldest first (<see cref="Attachments"/>). 4. What is attached becomes listeners, routes and clusters
/// (<see cref="EntryWriter"/>, <see cref="HttpEntryWriter"/>). 5. Every object hears what has become of it.
/// </para>
/// </summary>
internal static class GatewayTranslator
{
    /// <summary>Translates objects.</summary>
    /// <param name="className">The name of the GatewayClass that this gateway serves.</param>
    /// <param name="objects">The objects.</param>
    /// <param name="refused">The entries to leave out; null: none.</param>
    public static TranslatedObjects Translate(string className, ClusterObjects objects, RefusedEntries? refused = null)
    {
        var without = refused ?? RefusedEntries.None;
        if (objects.Classes.FirstOrDefault(one => one.Metadata.Name == className) is not { Spec.ControllerName: ApiNames.Controller } ours)
        {
            return new TranslatedObjects();
        }

        var grants = new Grants(objects.Grants);
        var backends = new Backends(objects.Services, grants);
        var policies = new Policies(objects.Policies);
        GatewayObject[] gateways = [.. objects.Gateways.Where(gateway => gateway.Spec.GatewayClassName == className).Oldest()];
        var served = gateways.Where(static gateway => gateway.Spec.Infrastructure?.ParametersRef is null);
        var slots = new ListenerSlots(served, new Certificates(objects.Secrets, grants), policies, without);
        var attachments = new Attachments(slots, objects.Namespaces);
        var writer = new EntryWriter(policies, backends, slots, without);
        var http = new HttpEntryWriter(policies, backends, slots, without);
        var routes = Routes(ApiNames.TcpRoute, objects.TcpRoutes)
            .Concat(Routes(ApiNames.TlsRoute, objects.TlsRoutes))
            .Concat(Routes(ApiNames.HttpRoute, objects.HttpRoutes))
            .OrderBy(static route => route.Route.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue)
            .ToArray();
        var keys = gateways.Select(static gateway => gateway.Metadata.Key).ToHashSet();
        var others = OfOtherClasses(className, objects);
        var statuses = new List<RouteStatus>();
        var used = new HashSet<PolicyTarget>();
        foreach (var (kind, route) in routes)
        {
            ParentRef[] parents =
            [
                .. (route.Spec.ParentRefs ?? []).Where(parent => IsGateway(parent) && keys.Contains(Attachments.KeyOf(route, parent))),
            ];
            ParentRef[] foreign = [.. (route.Spec.ParentRefs ?? []).Where(parent => others.Contains(Attachments.KeyOf(route, parent)))];
            if (parents.Length > 0)
            {
                var resolved = Resolve(kind, route, backends, used);
                var answers = kind == ApiNames.HttpRoute
                    ? Answer(route, parents, attachments, resolved, http)
                    : Answer(kind, route, parents, attachments, resolved, writer);
                statuses.Add(new(kind, route.Metadata, answers, foreign));
            }
            else if (HasLeft(route, foreign))
            {
                statuses.Add(new(kind, route.Metadata, [], foreign));
            }
        }

        writer.AddListeners(http.Listeners);
        var parameters = ours.Spec.ParametersRef is null ? null : new Problem("InvalidParameters", "the class takes no parametersRef");
        return new TranslatedObjects
        {
            Listeners = writer.Listeners,
            Routes = writer.Routes,
            Clusters = writer.Clusters,
            HttpRoutes = http.Routes,
            HttpClusters = http.Clusters,
            Origins = writer.Origins.Concat(http.Origins).ToDictionary(StringComparer.OrdinalIgnoreCase),
            Class = new ClassStatus(ours.Metadata, Condition.Of("Accepted", "Accepted", parameters)),
            Gateways = [.. gateways.Select(gateway => StatusOf(gateway, [.. slots.All.Where(slot => slot.Gateway == gateway)]))],
            RouteStatuses = statuses,
            PolicyStatuses =
            [
                .. policies.Statuses(
                    target => Exists(target, objects, backends),
                    target => target.Kind == ApiNames.Gateway ? keys.Contains(target.Key) : used.Contains(target with { Section = "" })),
            ],
        };
    }

    private static IEnumerable<(string Kind, RouteObject Route)> Routes(string kind, IEnumerable<RouteObject> routes) =>
        routes.Oldest().Select(route => (kind, route));

    // Two gateways of one controller can serve a class each, and write into one route.
    private static HashSet<ResourceKey> OfOtherClasses(string className, ClusterObjects objects)
    {
        var classes = objects.Classes
            .Where(one => one.Spec.ControllerName == ApiNames.Controller && one.Metadata.Name != className)
            .Select(static one => one.Metadata.Name)
            .ToHashSet();
        return
        [
            .. objects.Gateways.Where(gateway => classes.Contains(gateway.Spec.GatewayClassName)).Select(static one => one.Metadata.Key),
        ];
    }

    // Whether the status still speaks of a Gateway that the route has left, or that is gone or another controller's by now.
    private static bool HasLeft(RouteObject route, ParentRef[] foreign)
    {
        var ns = route.Metadata.Namespace;
        return (route.Status?.Parents ?? []).Any(entry => entry.ControllerName == ApiNames.Controller
            && !foreign.Any(parent => parent.Whole(ns) == entry.ParentRef.Whole(ns)));
    }

    private static Backend[][] Resolve(string kind, RouteObject route, Backends backends, HashSet<PolicyTarget> used)
    {
        var ns = route.Metadata.Namespace;
        var rules = kind == ApiNames.HttpRoute ? HttpEntryWriter.RulesOf(route) : route.Spec.Rules ?? [];
        Backend[][] resolved =
            [.. rules.Select(rule => (rule.BackendRefs ?? []).Select(one => backends.Resolve(kind, ns, one)).ToArray())];
        used.Add(new(kind, route.Metadata.Key));
        used.UnionWith(resolved.SelectMany(static rule => rule)
            .Select(static backend => new PolicyTarget(ApiNames.Service, backend.Service)));
        return resolved;
    }

    private static Condition References(IEnumerable<Backend> resolved) => Condition.Of(
        "ResolvedRefs", "ResolvedRefs", resolved.FirstOrDefault(static one => one.Problem is not null)?.Problem);

    // All references of an HTTPRoute together, because listeners of one port are one.
    private static List<(ParentRef Parent, IReadOnlyList<Condition> Conditions)> Answer(
        RouteObject route, ParentRef[] parents, Attachments attachments, Backend[][] resolved, HttpEntryWriter writer)
    {
        var references = References(resolved.SelectMany(static rule => rule));
        var attached = parents.Select(parent =>
        {
            var found = new List<Attachment>();
            var problem = attachments.Attach(ApiNames.HttpRoute, route, parent, found);
            return (Parent: parent, Problem: problem, Found: found);
        }).ToList();
        var problems = writer.Add(
            [.. attached.SelectMany(static one => one.Found).Where(static one => one.Slot.IsServed).DistinctBy(static one => one.Slot)],
            resolved);
        return
        [
            .. attached.Select(one =>
            {
                var problem = one.Problem
                    ?? one.Found.Select(found => problems.GetValueOrDefault(found.Slot.ListenerName))
                        .FirstOrDefault(static found => found is not null);
                return (one.Parent, (IReadOnlyList<Condition>)[Condition.Of("Accepted", "Accepted", problem), references]);
            }),
        ];
    }

    private static List<(ParentRef Parent, IReadOnlyList<Condition> Conditions)> Answer(
        string kind,
        RouteObject route,
        ParentRef[] parents,
        Attachments attachments,
        Backend[][] resolvedByRule,
        EntryWriter writer)
    {
        Backend[] resolved = [.. resolvedByRule.SelectMany(static rule => rule)];
        var references = References(resolved);
        var answers = new List<(ParentRef Parent, IReadOnlyList<Condition> Conditions)>();
        foreach (var parent in parents)
        {
            var attached = new List<Attachment>();
            var problem = attachments.Attach(kind, route, parent, attached);
            foreach (var one in attached.Where(static one => one.Slot.IsServed))
            {
                problem ??= writer.Add(one, resolved);
            }

            answers.Add((parent, [Condition.Of("Accepted", "Accepted", problem), references]));
        }

        return answers;
    }

    private static GatewayStatus StatusOf(GatewayObject gateway, ListenerSlot[] slots)
    {
        if (gateway.Spec.Infrastructure?.ParametersRef is not null)
        {
            var wrong = new Problem("InvalidParameters", "the Gateway takes no infrastructure.parametersRef");
            return new(
                gateway.Metadata,
                [Condition.Of("Accepted", "Accepted", wrong), Condition.Of("Programmed", "Programmed", wrong with { Reason = "Invalid" })],
                []);
        }

        var rejected = slots.Count(static slot => slot.Rejection is not null || slot.Conflict is not null);
        var accepted =
            rejected == 0 ? new Condition("Accepted", true, "Accepted")
                : new Condition(
                    "Accepted", rejected < slots.Length, "ListenersNotValid", $"{rejected} of {slots.Length} listeners are not valid");
        var programmed = Condition.Of(
            "Programmed",
            "Programmed",
            slots.Any(static slot => slot.IsServed) ? null : new("Invalid", "no listener can be served"));
        return new(gateway.Metadata, [accepted, programmed], [.. slots.Select(static slot => slot.Status())]);
    }

    private static bool IsGateway(ParentRef parent) =>
        (parent.Group ?? ApiNames.Group) == ApiNames.Group && (parent.Kind ?? ApiNames.Gateway) == ApiNames.Gateway;

    private static bool Exists(PolicyTarget target, ClusterObjects objects, Backends backends) => target.Kind switch
    {
        ApiNames.Gateway => objects.Gateways.Any(gateway => gateway.Metadata.Key == target.Key
            && (target.Section.Length == 0 || (gateway.Spec.Listeners ?? []).Any(listener => listener.Name == target.Section))),
        ApiNames.Service => backends.Find(target.Key) is not null,
        ApiNames.TcpRoute => objects.TcpRoutes.Any(route => route.Metadata.Key == target.Key),
        ApiNames.TlsRoute => objects.TlsRoutes.Any(route => route.Metadata.Key == target.Key),
        ApiNames.HttpRoute => objects.HttpRoutes.Any(route => route.Metadata.Key == target.Key),
        _ => true,
    };
}
