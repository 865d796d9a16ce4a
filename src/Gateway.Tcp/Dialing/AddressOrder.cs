using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Which of a name's addresses are dialed, and in which order: the wanted family first, then the other, each from a start that goes round,
/// so that the pods behind a headless service get a share each; those that fail health checks last. Taken is after the order is made: a
/// client's family may be the tail of a long answer. The order of destinations is that of <see cref="Dial"/>.
/// </summary>
internal static class AddressOrder
{
    /// <summary>A headless service resolves to every pod: four of a family tell enough about a destination. As many are checked.</summary>
    public const int MostOfAFamily = 4;

    /// <summary>The addresses to dial; costs nothing for a single one.</summary>
    /// <param name="addresses">All, in the resolver's order.</param>
    /// <param name="wanted">The family that comes first; null: that of the first address, which the resolver prefers.</param>
    /// <param name="turn">Where to start.</param>
    /// <param name="health">What checks say; null: nothing.</param>
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
