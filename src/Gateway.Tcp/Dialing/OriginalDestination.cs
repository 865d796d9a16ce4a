using System.Net;
using Gateway.Linux;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Which original destinations may be dialled. Only what the kernel says of a diverted connection (<see cref="ConnectionIdentity.Local"/>), never what a header
/// says: with that anybody whom a header reaches could have us connect to anything.
/// </summary>
internal sealed class OriginalDestination(IReadOnlyList<IPNetwork> allowed)
{
    /// <summary>The name of the one destination, in logs and metrics.</summary>
    public const string Name = "original";

    /// <summary>Whether the destination may be dialled: this host's own addresses, and the networks that were asked for.</summary>
    /// <param name="identity">Whose connection.</param>
    /// <param name="listenerPort">The port of the listener that accepted it: a connection that was not diverted names it, and would run in circles.</param>
    public bool MayDial(ConnectionIdentity identity, int listenerPort)
    {
        var destination = identity.Local;
        return OwnAddress.Contains(destination.Address) ? destination.Port != listenerPort : IsAllowed(destination.Address);
    }

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
