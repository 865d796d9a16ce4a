namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The section <c>ProxyProtocol</c> of a policy, with the words of the configuration file.</summary>
internal sealed record PolicyProxyProtocol
{
    /// <summary><c>Required</c> or <c>Optional</c>; null: Required.</summary>
    public string? Header { get; init; }

    /// <summary>CIDRs, or names of <c>Networks</c> of the file.</summary>
    public IReadOnlyList<string>? TrustedProxies { get; init => field = WholeList.Of(value); }

    /// <summary>CIDRs, or names of <c>Networks</c> of the file; null: none.</summary>
    public IReadOnlyList<string>? HealthCheckers { get; init => field = WholeList.Of(value); }

    /// <summary><c>Reject</c> or <c>Direct</c>; null: Reject.</summary>
    public string? Untrusted { get; init; }
}
