using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Routing;

/// <summary>What a route asks of a connection's destination, TLVs and ALPN. Immutable; null on a route that asks nothing.</summary>
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

    /// <summary>The same for a client that may offer anything by ALPN.</summary>
    public RouteMatch WithoutAlpn() => new(clients, destinations, ports, tlvs);

    /// <summary>
    /// How closely a connection is matched: ALPN decides, then the number of TLVs, then the client's prefix, then the destination's, then
    /// how few ports are meant; -1: not at all. So a route that names less is less specific than any that names more.
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

    // Of TLS that ended here one protocol was agreed on; of a ClientHello that was only read any may become that.
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

    // 0: any address; a prefix of length n counts n + 1.
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
