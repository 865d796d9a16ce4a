using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>A policy, as far as it could be read.</summary>
/// <param name="Policy">The object.</param>
/// <param name="SourceIp">How backends learn the client's address; null: the policy does not say.</param>
/// <param name="ProxyProtocol">Which peers send headers; null: the policy does not say.</param>
/// <param name="Problem">What is wrong; null: nothing.</param>
internal sealed record ReadPolicy(PolicyObject Policy, SourceIpConfig? SourceIp, ProxyProtocolConfig? ProxyProtocol, string? Problem)
{
    /// <summary>Reads a policy.</summary>
    public static ReadPolicy From(PolicyObject policy)
    {
        SourceIpConfig? sourceIp = null;
        ProxyProtocolConfig? proxyProtocol = null;
        var problem = policy.Spec.SourceIp is { } section ? SourceIpText.TryRead(section, out sourceIp) : null;
        problem ??= policy.Spec.ProxyProtocol is { } headers ? SourceIpText.TryRead(headers, out proxyProtocol) : null;
        problem ??= policy.Spec is { SourceIp: null, ProxyProtocol: null } ? "the policy has neither sourceIp nor proxyProtocol" : null;
        return new ReadPolicy(policy, sourceIp, proxyProtocol, problem);
    }
}
