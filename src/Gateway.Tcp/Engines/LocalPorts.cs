using System.Net;
using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines;

/// <summary>
/// The ports from which the kernel takes one for a socket that connects (<see cref="LocalPortRange"/>). A connect to one of them on this
/// host, where nobody listens, can succeed: with itself (simultaneous open, RFC 9293 3.5, case 2), as soon as the kernel picks the
/// destination's own port. Who then waits for the backend talks to himself, and the backend cannot bind its port again.
/// </summary>
internal static class LocalPorts
{
    // All ports, if the range cannot be had: then every connection is looked at.
    private static readonly (int First, int Last) Range = LocalPortRange.Read() ?? (IPEndPoint.MinPort, IPEndPoint.MaxPort);

    /// <summary>To be asked of each connection that was opened.</summary>
    /// <returns>Whether it is one with itself: nobody listens there, and it counts as refused.</returns>
    internal static bool IsSelf(Socket connected) =>
        connected.RemoteEndPoint is IPEndPoint remote && Holds(remote.Port) && remote.Equals(connected.LocalEndPoint);

    /// <summary>Whether the kernel may pick this port.</summary>
    internal static bool Holds(int port) => port >= Range.First && port <= Range.Last;
}
