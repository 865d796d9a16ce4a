namespace Gateway.Configuration;

/// <summary>Whose X-Forwarded-* headers are trusted, and what happens to the others'.</summary>
public sealed record ForwardedHeadersConfig
{
    /// <summary>CIDRs or names of <c>Networks</c>: X-Forwarded-For is walked from the right through these.</summary>
    public IReadOnlyList<string>? TrustedProxies { get; init; }

    /// <summary>
    /// Number of proxies in front that append to X-Forwarded-For. Together with <see cref="TrustedProxies"/> they are counted only if the
    /// hop itself is one of those; alone, of any hop. Defaults to null: it is walked.
    /// </summary>
    public int? TrustedHops { get; init; }

    /// <summary>
    /// What a trusted hop vouches for: <c>For</c>, <c>Proto</c>, <c>Port</c>, <c>Host</c>, <c>Prefix</c> (X-Forwarded-*), <c>Known</c>,
    /// names of headers and beginnings of names. The rest of what it passes on counts as anybody's. Defaults to For, Proto and Port.
    /// </summary>
    public IReadOnlyList<string> TrustedHeaders { get; init; } = ["For", "Proto", "Port"];

    /// <summary>What happens to the headers of a peer that is not trusted. Defaults to Keep.</summary>
    public UntrustedForwardedHeaders Untrusted { get; init; }

    /// <summary>
    /// More headers that are removed before routes are matched, unless a trusted peer vouches for them: names, beginnings of names
    /// (<c>X-Envoy-*</c>), and <c>Known</c> for those of proxies, CDNs and frameworks that backends believe. Defaults to none.
    /// </summary>
    public IReadOnlyList<string> Drop { get; init; } = [];

    /// <summary>
    /// Whether X-Envoy-External-Address is set to the client, as an Envoy at the edge does. Defaults to false: only a trusted peer's goes
    /// on.
    /// </summary>
    public bool EnvoyExternalAddress { get; init; }
}
