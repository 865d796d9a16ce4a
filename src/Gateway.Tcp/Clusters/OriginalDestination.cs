using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// Which original destinations may be dialed, and at which address. The original destination is the address that the kernel reports for a
/// diverted connection (<see cref="ConnectionIdentity.Local"/>), never an address from a PROXY header. With an address from a header, any
/// sender of headers could make the gateway connect to any address.
/// </summary>
/// <param name="allowed">The networks that may be dialed besides this host's own addresses.</param>
/// <param name="onLoopback">Dial 127.0.0.1 or ::1 at the original port instead of the original address.</param>
internal sealed class OriginalDestination(IReadOnlyList<IPNetwork> allowed, bool onLoopback)
{
    /// <summary>The name of the destination, in logs and metrics.</summary>
    public const string Name = "original";

    /// <summary>Whether the destination may be dialed: it is one of this host's own addresses, or in an allowed network.</summary>
    /// <param name="identity">The client and its original destination.</param>
    /// <param name="listenerPort">
    /// The port of the listener that accepted the connection. A connection that was not diverted has the listener itself as its original
    /// destination, and would run in a circle.
    /// </param>
    /// <param name="device">The VRF by which the connection came; 0: none.</param>
    /// <returns>Null if the answer is not known now, because no descriptor is left to ask the kernel with.</returns>
    public bool? MayDial(ConnectionIdentity identity, int listenerPort, int device = 0)
    {
        var destination = identity.Local;
        return OwnAddress.Contains(destination.Address, device) switch
        {
            true => destination.Port != listenerPort,
            false => IsAllowed(destination.Address),
            null => null,
        };
    }

    /// <summary>
    /// The address to connect to. A loopback address is of the client's family, because only then can the client's address be bound.
    /// </summary>
    public IPEndPoint AddressFor(ConnectionIdentity identity) =>
        !onLoopback
            ? identity.Local
            : new IPEndPoint(
                identity.Client.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback,
                identity.Local.Port);

    private bool IsAllowed(IPAddress address)
    {
        foreach (var network in allowed)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
