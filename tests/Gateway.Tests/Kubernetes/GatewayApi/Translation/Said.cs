using Gateway.Kubernetes.GatewayApi.Translation;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

/// <summary>Statuses as short texts: <c>Accepted=True/Accepted</c>.</summary>
internal static class Said
{
    public static string Of(this IEnumerable<Condition> conditions) =>
        string.Join(' ', conditions.Select(static one => $"{one.Type}={one.IsTrue}/{one.Reason}"));

    /// <summary>Of a route, its only reference.</summary>
    public static string Route(this TranslatedObjects translated, string name) =>
        Of(Assert.Single(translated.RouteStatuses.Single(status => status.Object.Name == name).Parents).Conditions);

    public static ListenerStatus Listener(this TranslatedObjects translated, string gateway, string listener) =>
        translated.Gateways.Single(status => status.Object.Name == gateway).Listeners.Single(status => status.Name == listener);

    public static string Gateway(this TranslatedObjects translated, string name) =>
        Of(translated.Gateways.Single(status => status.Object.Name == name).Conditions);

    public static string Policy(this TranslatedObjects translated, string name) =>
        Of(translated.PolicyStatuses.Single(status => status.Object.Name == name).Targets.Select(static target => target.Accepted));

    /// <summary>Why the only reference of a route is not accepted.</summary>
    public static string Why(this TranslatedObjects translated, string name) =>
        translated.RouteStatuses.Single(status => status.Object.Name == name).Parents.Single().Conditions[0].Message;

    /// <summary>Each route as <c>NAME LISTENER CLUSTER WEIGHT NAMES</c>.</summary>
    public static IEnumerable<string> RouteLines(this TranslatedObjects translated) => translated.Routes.Select(static route =>
        ($"{route.Key} {route.Value.Listener} {route.Value.ClusterId} {route.Value.Weight?.ToString() ?? "-"} "
            + $"{string.Join(',', route.Value.Match?.ServerNames ?? [])}").TrimEnd());
}
