using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>What policies say of a port: who in front of it tells of clients.</summary>
/// <param name="ProxyProtocol">Which peers send PROXY headers; null: none.</param>
/// <param name="ForwardedHeaders">From which hops X-Forwarded-* is trusted; null: none.</param>
/// <param name="Problem">What is wrong with the policy that decides; null: nothing.</param>
internal sealed record PortPolicy(ProxyProtocolConfig? ProxyProtocol, ForwardedHeadersConfig? ForwardedHeaders, string? Problem = null)
{
    /// <summary>Whether there is anything to say.</summary>
    public bool IsEmpty => this is { ProxyProtocol: null, ForwardedHeaders: null };

    /// <summary>The same as a text, by which two policies are compared.</summary>
    public string Text { get; init; } = "";
}
