using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Routing;

/// <summary>
/// The conditions of a route on a connection's destination, TLVs and ALPN. Immutable; null on a route without such conditions.
/// </summary>
internal sealed class RouteMatch(
    IReadOnlyList<IPNetwork> clients,
    IReadOnlyList<IPNetwork> destinations,
    IReadOnlyList<PortRange> ports,
    TlvMatch? tlvs = null,
    IReadOnlyList<string>? alpn = null)
{
    private const int AnyPortCount = 65536;

    /// <summary>The networks of destinations; empty: any.</summary>
    public IReadOnlyList<IPNetwork> Destinations => destinations;

    /// <summary>The ports of destinations; empty: any.</summary>
    public IReadOnlyList<PortRange> Ports => ports;

    /// <summary>Whether there is a condition on ALPN.</summary>
    public bool HasAlpn => alpn is not null;

    /// <summary>The number of TLVs with a condition.</summary>
    public int TlvCount => tlvs?.Count ?? 0;

    /// <summary>The same conditions, without the condition on ALPN.</summary>
    public RouteMatch WithoutAlpn() => new(clients, destinations, ports, tlvs);

    /// <summary>
    /// How specific the match is; -1: the connection does not match. A condition on ALPN counts most, then the number of TLVs, then the
    /// length of the client's prefix, then of the destination's prefix, then a smaller number of ports. So a route without a condition is
    /// less specific than any route with that condition.
    /// </summary>
    public long Specificity(ConnectionIdentity identity)
    {
        var client = identity.Client.Address;
        var destination = identity.OriginalDestination ?? identity.Local;
        if (tlvs?.Accepts(identity.Tlvs.Span) == false || (alpn is not null && !Offers(identity, alpn)))
        {
            return -1;
        }

        var clientPrefix = LongestPrefix(clients, client);
        var destinationPrefix = LongestPrefix(destinations, destination.Address);
        var fewest = ports.Count == 0 ? AnyPortCount : int.MaxValue;
        foreach (var range in ports)
        {
            fewest = range.Contains(destination.Port) ? Math.Min(fewest, range.Count) : fewest;
        }

        return clientPrefix < 0 || destinationPrefix < 0 || fewest == int.MaxValue
            ? -1
            : (alpn is null ? 0 : 1L << 62)
                | ((long)(tlvs?.Count ?? 0) << 50)
                | ((long)clientPrefix << 40)
                | ((long)destinationPrefix << 20)
                | (uint)(AnyPortCount - fewest);
    }

    // If TLS ended at the gateway, one protocol was agreed on. If the ClientHello was only read, the backend may still choose any of the
    // offered protocols.
    private static bool Offers(ConnectionIdentity identity, IReadOnlyList<string> asked)
    {
        if (identity.Tls is { } tls)
        {
            return tls.Alpn is { } agreed && asked.Contains(agreed);
        }

        foreach (var offered in identity.Hello?.Alpn ?? [])
        {
            if (asked.Contains(offered))
            {
                return true;
            }
        }

        return false;
    }

    // 0: there is no condition on the address. A matching prefix of length n counts n + 1.
    private static int LongestPrefix(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        var longest = networks.Count == 0 ? 0 : -1;
        foreach (var network in networks)
        {
            if (network.PrefixLength + 1 > longest && network.Contains(address))
            {
                longest = network.PrefixLength + 1;
            }
        }

        return longest;
    }
}
