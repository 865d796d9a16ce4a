using System.Net;
using Gateway.Configuration;

namespace Gateway.Http.Forwarded;

/// <summary>
/// The hops whose X-Forwarded-* headers a listener trusts: <c>Listeners:NAME:ForwardedHeaders</c> with its network names resolved.
/// With only <see cref="TrustedHops"/> every peer is a trusted hop. With <see cref="TrustedProxies"/> only members of these networks are.
/// </summary>
internal sealed record ForwardedHeadersModel
{
    private static readonly NameSet DefaultTrustedHeaders = new(TrustedHeaderNames.Expand(new ForwardedHeadersConfig().TrustedHeaders));

    /// <summary>The model without a section in the file: no header is used to find the client, and received entries are kept.</summary>
    public static ForwardedHeadersModel None { get; } = new();

    /// <summary>The networks of trusted proxies. Defaults to none.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>
    /// The number of proxies in front of this gateway that append to X-Forwarded-For. Defaults to 0: the client is found by networks, not
    /// by count.
    /// </summary>
    public int TrustedHops { get; init; }

    /// <summary>What happens to the headers of a connection whose client is not trusted. Defaults to Keep.</summary>
    public UntrustedForwardedHeaders Untrusted { get; init; }

    /// <summary>More headers that only a trusted hop may send, if they are in TrustedHeaders; null: none.</summary>
    public NameSet? Drop { get; init; }

    /// <summary>
    /// The headers of a trusted hop that are trusted. Others that the hop passes on may come from anyone. Defaults to X-Forwarded-For,
    /// -Proto and -Port.
    /// </summary>
    public NameSet TrustedHeaders { get; init; } = DefaultTrustedHeaders;

    /// <summary>Whether X-Envoy-External-Address is set to the client. Defaults to false.</summary>
    public bool EnvoyExternalAddress { get; init; }

    /// <summary>Whether a hop's X-Forwarded-For is read to find the client.</summary>
    public bool MayKnowMore(IPAddress hop) => (TrustedHops > 0 && TrustedProxies.Count == 0) || IsTrusted(hop);

    /// <summary>
    /// Whether a header of a request must be removed before routes are matched, because the hop is not trusted to send it.
    /// </summary>
    /// <param name="name">The header's name.</param>
    /// <param name="isHopTrusted">Whether the hop is a trusted one.</param>
    public bool Refuses(string name, bool isHopTrusted)
    {
        var isClaim = ForwardingHeaderNames.IsClaim(name);
        var isOfEnvoy = ForwardingHeaderNames.IsEnvoyClaim(name);
        if (!isClaim && !isOfEnvoy && Drop?.Contains(name) != true)
        {
            return false;
        }

        // Refused from every hop: many backends take a header with such a name for a second copy of the header that the gateway sets.
        if ((isClaim || isOfEnvoy) && FoldedName.IsUnusual(name))
        {
            return true;
        }

        return !(isHopTrusted && TrustedHeaders.Contains(name))
            && (!isClaim || isOfEnvoy || Untrusted == UntrustedForwardedHeaders.Drop || !ForwardingHeaderNames.IsRewritten(name));
    }

    /// <summary>Whether <paramref name="address"/> (unmapped) is in one of <see cref="TrustedProxies"/>.</summary>
    public bool IsTrusted(IPAddress address)
    {
        for (var i = 0; i < TrustedProxies.Count; i++)
        {
            if (TrustedProxies[i].Contains(address))
            {
                return true;
            }
        }
        return false;
    }
}
