using Yarp.ReverseProxy.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>A match of an HTTPRoute's rule, read.</summary>
/// <param name="Match">The conditions, without host names.</param>
/// <param name="IsExact">Whether the path must be equal.</param>
/// <param name="Path">The path, decoded; a prefix has no slash at its end.</param>
internal sealed record HttpMatch(RouteMatch Match, bool IsExact, string Path);
