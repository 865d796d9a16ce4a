using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>What a policy may be attached to.</summary>
/// <param name="Kind">Gateway, Service, TCPRoute, TLSRoute or HTTPRoute.</param>
/// <param name="Key">The object.</param>
/// <param name="Section">The listener of a Gateway; empty: the whole object.</param>
internal readonly record struct PolicyTarget(string Kind, ResourceKey Key, string Section = "");
