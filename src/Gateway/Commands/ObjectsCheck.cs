using Gateway.Configuration.Loading;
using Gateway.Kubernetes.GatewayApi;
using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Kubernetes.Manifests;

namespace Gateway.Commands;

/// <summary>Judges objects of a cluster as the running gateway would, from files: for a pull request, before a cluster sees them.</summary>
internal static class ObjectsCheck
{
    /// <summary>Adds objects to a file's configuration.</summary>
    /// <param name="file">The file's configuration, which is valid.</param>
    /// <param name="manifests">The objects.</param>
    /// <param name="warnings">Takes what is not looked at.</param>
    /// <param name="errors">Takes each condition that their statuses would deny, and why.</param>
    /// <returns>The configuration with what the objects add.</returns>
    public static ConfigResult Merge(
        ConfigResult file, IReadOnlyList<Manifest> manifests, ICollection<string> warnings, ICollection<string> errors)
    {
        if (file.Config!.Kubernetes is not { GatewayClass: { Length: > 0 } className })
        {
            errors.Add("Kubernetes:GatewayClass is not set, so the gateway would not look at these objects: set it to the name of their "
                + "GatewayClass.");
            return file;
        }

        if (manifests.Count == 0)
        {
            // Where nothing could be read, the errors say so.
            if (errors.Count == 0)
            {
                errors.Add("There are no objects in what --objects names.");
            }

            return file;
        }

        var objects = ManifestObjects.Of(manifests, warnings, errors);
        var merged = ConfigMerge.Merge(file, className, objects);
        if (merged.Problem is { } problem)
        {
            errors.Add(problem);
            return file;
        }

        if (merged.Objects.Class is null)
        {
            errors.Add($"GatewayClass {className}: none of the objects is this class with the controller {ApiNames.Controller}, so the "
                + "gateway would serve none of them.");
            return merged.Result;
        }

        foreach (var left in LeftOut(className, objects, merged.Objects))
        {
            warnings.Add(left);
        }

        foreach (var denied in Denied(merged.Objects))
        {
            errors.Add(denied);
        }

        return merged.Result;
    }

    // No status says anything of these.
    private static IEnumerable<string> LeftOut(string className, ClusterObjects objects, TranslatedObjects translated)
    {
        var told = translated.RouteStatuses.Select(static status => (status.Kind, status.Object.Key)).ToHashSet();
        var routes = new[]
        {
            (Kind: ApiNames.TcpRoute, Routes: objects.TcpRoutes),
            (Kind: ApiNames.TlsRoute, Routes: objects.TlsRoutes),
            (Kind: ApiNames.HttpRoute, Routes: objects.HttpRoutes),
        };
        return objects.Gateways.Where(gateway => gateway.Spec.GatewayClassName != className)
            .Select(gateway => $"Gateway {gateway.Metadata.Key} is not served: its class is {gateway.Spec.GatewayClassName}, and "
                + $"Kubernetes:GatewayClass is {className}.")
            .Concat(routes.SelectMany(kind => kind.Routes.Where(route => !told.Contains((kind.Kind, route.Metadata.Key)))
                .Select(route => $"{kind.Kind} {route.Metadata.Key} is not served: none of its parentRefs is a Gateway of the class "
                    + $"{className} among these objects.")));
    }

    private static IEnumerable<string> Denied(TranslatedObjects objects) => objects.Gateways
        .SelectMany(static gateway => Of($"Gateway {gateway.Object.Key}", gateway.Conditions)
            .Concat(gateway.Listeners.SelectMany(listener =>
                Of($"Gateway {gateway.Object.Key}, listener {listener.Name}", listener.Conditions))))
        .Concat(objects.RouteStatuses.SelectMany(static route => route.Parents.SelectMany(parent =>
            Of($"{route.Kind} {route.Object.Key} at {parent.Parent.Name}", parent.Conditions))))
        .Concat(objects.PolicyStatuses.SelectMany(static policy => policy.Targets.SelectMany(target =>
            Of($"SourceIpPolicy {policy.Object.Key} for {target.Target.Kind} {target.Target.Name}", [target.Accepted]))))
        .Distinct();

    // One line for all conditions with the same cause.
    private static IEnumerable<string> Of(string title, IEnumerable<Condition> conditions) => conditions
        .Where(static condition => condition.IsTrue == (condition.Type == "Conflicted"))
        .GroupBy(static condition => condition.Message.Length == 0 ? condition.Reason : condition.Message)
        .Select(cause => $"{title}: {string.Join(", ", cause.Select(static one => (one.IsTrue ? "" : "not ") + one.Type))}: "
            + cause.First().Reason + (cause.First().Message.Length == 0 ? "" : $": {cause.Key}"));
}
