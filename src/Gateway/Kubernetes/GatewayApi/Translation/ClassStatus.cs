using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>The status of the GatewayClass.</summary>
/// <param name="Object">The class.</param>
/// <param name="Accepted">Whether this gateway serves the class.</param>
internal sealed record ClassStatus(ObjectMeta Object, Condition Accepted);
