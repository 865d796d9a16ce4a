namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The specification of a SourceIpPolicy.</summary>
internal sealed record PolicySpec
{
    /// <summary>To what the policy is attached; null: to nothing.</summary>
    public IReadOnlyList<PolicyTargetRef>? TargetRefs { get; init => field = WholeList.Of(value); }

    /// <summary>How backends learn the client's address; null: the policy does not say.</summary>
    public PolicySourceIp? SourceIp { get; init; }

    /// <summary>Which peers of listeners send PROXY headers; null: the policy does not say.</summary>
    public PolicyProxyProtocol? ProxyProtocol { get; init; }

    /// <summary>From which hops X-Forwarded-* is trusted; null: the policy does not say.</summary>
    public PolicyForwardedHeaders? ForwardedHeaders { get; init; }
}
