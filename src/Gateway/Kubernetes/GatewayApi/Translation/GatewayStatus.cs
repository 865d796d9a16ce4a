using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>The status of a Gateway.</summary>
/// <param name="Object">The Gateway.</param>
/// <param name="Conditions">Accepted and Programmed.</param>
/// <param name="Listeners">Its listeners.</param>
internal sealed record GatewayStatus(ObjectMeta Object, IReadOnlyList<Condition> Conditions, IReadOnlyList<ListenerStatus> Listeners);
