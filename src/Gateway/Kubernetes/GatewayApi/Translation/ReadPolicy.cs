using Gateway.Configuration;
using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>A policy, as far as it could be read.</summary>
/// <param name="Policy">The object.</param>
/// <param name="SourceIp">How backends learn the client's address; null: the policy does not say.</param>
/// <param name="ProxyProtocol">Which peers send PROXY headers; null: the policy does not say.</param>
/// <param name="ForwardedHeaders">From which hops X-Forwarded-* is trusted; null: the policy does not say.</param>
/// <param name="Problem">What is wrong; null: nothing.</param>
internal sealed record ReadPolicy(
    PolicyObject Policy,
    SourceIpConfig? SourceIp,
    ProxyProtocolConfig? ProxyProtocol,
    ForwardedHeadersConfig? ForwardedHeaders,
    string? Problem)
{
    /// <summary>Reads a policy.</summary>
    public static ReadPolicy From(PolicyObject policy)
    {
        SourceIpConfig? sourceIp = null;
        ProxyProtocolConfig? proxyProtocol = null;
        ForwardedHeadersConfig? forwardedHeaders = null;
        var spec = policy.Spec;
        var problem = spec.SourceIp is { } section ? SourceIpText.TryRead(section, out sourceIp) : null;
        problem ??= spec.ProxyProtocol is { } headers ? SourceIpText.TryRead(headers, out proxyProtocol) : null;
        problem ??= spec.ForwardedHeaders is { } forwarded ? SourceIpText.TryRead(forwarded, out forwardedHeaders) : null;
        problem ??= spec is { SourceIp: null, ProxyProtocol: null, ForwardedHeaders: null }
            ? "the policy has neither sourceIp nor proxyProtocol nor forwardedHeaders"
            : null;
        return new ReadPolicy(policy, sourceIp, proxyProtocol, forwardedHeaders, problem);
    }
}
