using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Chooses and orders the addresses of a name that are dialed. The wanted family comes first, then the other family. Each family starts at
/// a rotating position, so that each pod behind a headless service gets a share. Addresses that fail health checks come last. The addresses
/// are sorted before they are cut to four of a family, because the wanted family may be at the end of a long answer.
/// <see cref="Dial"/> orders the destinations.
/// </summary>
internal static class AddressOrder
{
    /// <summary>
    /// The most addresses of one family that a dial tries. A headless service resolves to every pod, and four failed pods say enough about
    /// the destination. The self-test asks as many.
    /// </summary>
    public const int MostOfAFamily = 4;

    /// <summary>The addresses to dial. A single address costs nothing.</summary>
    /// <param name="addresses">All addresses, in the resolver's order.</param>
    /// <param name="wanted">The family that comes first; null: the family of the first address, which the resolver prefers.</param>
    /// <param name="turn">The position at which each family starts.</param>
    /// <param name="health">The results of health checks; null: there are none.</param>
    public static IPEndPoint[] Of(IPEndPoint[] addresses, AddressFamily? wanted, uint turn, DestinationHealth? health)
    {
        if (addresses.Length < 2)
        {
            return addresses;
        }

        var first = wanted ?? addresses[0].AddressFamily;
        IEnumerable<IPEndPoint> ordered =
        [
            .. Take(Array.FindAll(addresses, address => address.AddressFamily == first), turn, health),
            .. Take(Array.FindAll(addresses, address => address.AddressFamily != first), turn, health),
        ];
        return health is null ? (IPEndPoint[])[.. ordered] : [.. ordered.OrderBy(health.IsBad)];
    }

    private static IEnumerable<IPEndPoint> Take(IPEndPoint[] family, uint turn, DestinationHealth? health)
    {
        if (family.Length == 0)
        {
            return family;
        }

        var start = (int)(turn % (uint)family.Length);
        var turned = family[start..].Concat(family[..start]);
        return (health is null ? turned : turned.OrderBy(health.IsBad)).Take(MostOfAFamily);
    }
}
