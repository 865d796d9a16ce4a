namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>The status of a Gateway's listener.</summary>
/// <param name="Name">The listener.</param>
/// <param name="Kinds">The kinds of routes that may attach.</param>
/// <param name="AttachedRoutes">The number of routes that are attached.</param>
/// <param name="Conditions">Accepted, Conflicted, ResolvedRefs and Programmed.</param>
internal sealed record ListenerStatus(string Name, IReadOnlyList<string> Kinds, int AttachedRoutes, IReadOnlyList<Condition> Conditions);
