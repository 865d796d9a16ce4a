namespace Gateway.Configuration;

/// <summary>
/// From which hops X-Forwarded-* headers are trusted, and what happens to those of other hops. The hop is the client of the connection: the
/// peer, or the address from a trusted PROXY header or TCP option.
/// </summary>
public sealed record ForwardedHeadersConfig
{
    /// <summary>
    /// CIDRs or names of <c>Networks</c> of trusted proxies. X-Forwarded-For is read from the right, and the first address outside of these
    /// networks is the client.
    /// </summary>
    public IReadOnlyList<string>? TrustedProxies { get; init; }

    /// <summary>
    /// Number of proxies in front of the gateway that append to X-Forwarded-For. Together with <see cref="TrustedProxies"/>, the number is
    /// used only if the hop is one of those proxies; alone, it is used for every hop. Defaults to null: X-Forwarded-For is read through
    /// TrustedProxies.
    /// </summary>
    public int? TrustedHops { get; init; }

    /// <summary>
    /// The headers that are trusted from a trusted hop: <c>For</c>, <c>Proto</c>, <c>Port</c>, <c>Host</c>, <c>Prefix</c> (X-Forwarded-*),
    /// <c>Known</c>, names of headers and beginnings of names. The hop's other headers are treated like those of an untrusted hop. Defaults
    /// to For, Proto and Port.
    /// </summary>
    public IReadOnlyList<string> TrustedHeaders { get; init; } = ["For", "Proto", "Port"];

    /// <summary>What happens to the headers of a hop that is not trusted. Defaults to Keep.</summary>
    public UntrustedForwardedHeaders Untrusted { get; init; }

    /// <summary>
    /// More headers that are removed before routes are matched, unless they come from a trusted hop and are among <c>TrustedHeaders</c>:
    /// names, beginnings of names (<c>X-Envoy-*</c>), and <c>Known</c> for the headers of proxies, CDNs and frameworks that backends trust.
    /// Defaults to none.
    /// </summary>
    public IReadOnlyList<string> Drop { get; init; } = [];

    /// <summary>
    /// Whether X-Envoy-External-Address is set to the client, as an Envoy at the edge does. Defaults to false: the header is passed on only
    /// from a trusted hop.
    /// </summary>
    public bool EnvoyExternalAddress { get; init; }
}
