using System.Net;
using Gateway.Configuration;

namespace Gateway.Http;

/// <summary>
/// Whose X-Forwarded-* headers a listener believes: <c>Listeners:NAME:ForwardedHeaders</c> with its network names resolved.
/// Either <see cref="TrustedProxies"/> or <see cref="TrustedHops"/> is set, or neither.
/// </summary>
internal sealed record ForwardedHeadersModel
{
    /// <summary>No section in the file: nobody's header finds the client, and everything that came stays in front.</summary>
    public static ForwardedHeadersModel None { get; } = new();

    /// <summary>The networks whose members may speak for a client. Defaults to none.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>How many proxies in front of this gateway append to X-Forwarded-For. Defaults to 0: the header is not read by count.</summary>
    public int TrustedHops { get; init; }

    /// <summary>What happens to the headers of a connection whose client is not trusted. Defaults to Keep.</summary>
    public UntrustedForwardedHeaders Untrusted { get; init; }

    /// <summary>More headers that are dropped of connections whose client is not trusted; null: none.</summary>
    public DroppedHeaders? Drop { get; init; }

    /// <summary>Whether X-Envoy-External-Address is set to the client. Defaults to false.</summary>
    public bool EnvoyExternalAddress { get; init; }

    /// <summary>Whether the header has to be read at all for <paramref name="hop"/>.</summary>
    public bool MayKnowMore(IPAddress hop) => TrustedHops > 0 || IsTrusted(hop);

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
