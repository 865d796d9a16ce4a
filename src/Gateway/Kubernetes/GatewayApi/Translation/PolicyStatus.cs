using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>The status of a SourceIpPolicy.</summary>
/// <param name="Object">The policy.</param>
/// <param name="Targets">What it is attached to, and whether that holds.</param>
/// <param name="Others">What else it is attached to, of which another gateway of this controller may write.</param>
internal sealed record PolicyStatus(
    ObjectMeta Object, IReadOnlyList<(PolicyTargetRef Target, Condition Accepted)> Targets, IReadOnlyList<PolicyTargetRef> Others);
