using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// Which original destinations may be dialed, and where. Only what the kernel says of a diverted connection
/// (<see cref="ConnectionIdentity.Local"/>), never what a header says: with that anybody whom a header reaches could have us connect to
/// anything.
/// </summary>
/// <param name="allowed">What may be dialed besides this host's own addresses.</param>
/// <param name="onLoopback">Dial 127.0.0.1 or ::1 at the original port instead of the original address.</param>
internal sealed class OriginalDestination(IReadOnlyList<IPNetwork> allowed, bool onLoopback)
{
    /// <summary>The name of the one destination, in logs and metrics.</summary>
    public const string Name = "original";

    /// <summary>Whether the destination may be dialed: this host's own addresses, and the networks that were asked for.</summary>
    /// <param name="identity">Whose connection.</param>
    /// <param name="listenerPort">
    /// The port of the listener that accepted it: a connection that was not diverted names it, and would run in circles.
    /// </param>
    /// <param name="device">The VRF by which it came; 0: none.</param>
    /// <returns>Null if it cannot be told now: no descriptor is left to ask with.</returns>
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

    /// <summary>Where to connect to. Loopback of the client's family: only from there can its address be bound.</summary>
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
