namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>From which hops a Gateway's HTTP listeners trust X-Forwarded-*: <c>Listeners:NAME:ForwardedHeaders</c>.</summary>
internal sealed record PolicyForwardedHeaders
{
    /// <summary>CIDRs, or names of the file's <c>Networks</c>; null: none.</summary>
    public IReadOnlyList<string>? TrustedProxies { get; init => field = WholeList.Of(value); }

    /// <summary>The number of proxies in front; null: TrustedProxies is walked.</summary>
    public int? TrustedHops { get; init; }

    /// <summary>The headers for which a trusted hop vouches; null: For, Proto and Port.</summary>
    public IReadOnlyList<string>? TrustedHeaders { get; init => field = WholeList.Of(value); }

    /// <summary>Keep or Drop; null: Keep.</summary>
    public string? Untrusted { get; init; }

    /// <summary>More headers that are removed; null: none.</summary>
    public IReadOnlyList<string>? Drop { get; init => field = WholeList.Of(value); }

    /// <summary>Whether X-Envoy-External-Address is set; null: no.</summary>
    public bool? EnvoyExternalAddress { get; init; }
}
