using System.Net;
using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines;

/// <summary>
/// The ports from which the kernel chooses the source port of a socket that connects (<see cref="LocalPortRange"/>). A connect to such a
/// port on this host can succeed although no socket listens there: if the kernel chooses the destination's port as the source port, the
/// socket connects to itself (simultaneous open, RFC 9293 3.5, case 2). The client then talks to itself, and the backend cannot bind its
/// port again.
/// </summary>
internal static class LocalPorts
{
    // All ports if the range cannot be read. Then every connection is checked.
    private static readonly (int First, int Last) Range = LocalPortRange.Read() ?? (IPEndPoint.MinPort, IPEndPoint.MaxPort);

    /// <summary>Checks a connection that was opened.</summary>
    /// <returns>Whether the socket is connected to itself. No server listens there, so the connect counts as refused.</returns>
    internal static bool IsSelf(Socket connected) =>
        connected.RemoteEndPoint is IPEndPoint remote && Holds(remote.Port) && remote.Equals(connected.LocalEndPoint);

    /// <summary>Whether the kernel may choose this port as a source port.</summary>
    internal static bool Holds(int port) => port >= Range.First && port <= Range.Last;
}
