using System.Net;
using Gateway.Configuration;

namespace Gateway.Http.Forwarded;

/// <summary>
/// Whose X-Forwarded-* headers a listener believes: <c>Listeners:NAME:ForwardedHeaders</c> with its network names resolved.
/// With <see cref="TrustedHops"/> alone every peer is a trusted hop; with <see cref="TrustedProxies"/>, its members are.
/// </summary>
internal sealed record ForwardedHeadersModel
{
    private static readonly NameSet DefaultTrustedHeaders = new(TrustedHeaderNames.Expand(new ForwardedHeadersConfig().TrustedHeaders));

    /// <summary>No section in the file: nobody's header finds the client, and everything that came stays in front.</summary>
    public static ForwardedHeadersModel None { get; } = new();

    /// <summary>The networks whose members may speak for a client. Defaults to none.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>
    /// How many proxies in front of this gateway append to X-Forwarded-For. Defaults to 0: the header is walked, not read by count.
    /// </summary>
    public int TrustedHops { get; init; }

    /// <summary>What happens to the headers of a connection whose client is not trusted. Defaults to Keep.</summary>
    public UntrustedForwardedHeaders Untrusted { get; init; }

    /// <summary>More headers that nobody may send who does not vouch for them; null: none.</summary>
    public NameSet? Drop { get; init; }

    /// <summary>
    /// What a trusted hop vouches for; the rest of what it passes on is anybody's. Defaults to X-Forwarded-For, -Proto and -Port.
    /// </summary>
    public NameSet TrustedHeaders { get; init; } = DefaultTrustedHeaders;

    /// <summary>Whether X-Envoy-External-Address is set to the client. Defaults to false.</summary>
    public bool EnvoyExternalAddress { get; init; }

    /// <summary>Whether a hop's X-Forwarded-For is read at all.</summary>
    public bool MayKnowMore(IPAddress hop) => (TrustedHops > 0 && TrustedProxies.Count == 0) || IsTrusted(hop);

    /// <summary>Whether a header of a request is to be removed before routes are matched: it claims what its hop may not claim.</summary>
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

        // Whoever sends it: for many backends it is the header that we vouch for, said twice.
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
