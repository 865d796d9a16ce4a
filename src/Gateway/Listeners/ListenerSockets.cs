using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Linux;

namespace Gateway.Listeners;

/// <summary>
/// Binds listening sockets for Kestrel before a configuration is accepted, so that a port in use refuses the file and not the traffic.
/// </summary>
internal static class ListenerSockets
{
    /// <summary>
    /// A bound and listening socket. It listens already here: with SO_REUSEADDR, which .NET sets, two sockets may be bound to one port and
    /// only the second <c>listen</c> fails.
    /// </summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="dualMode">For an IPv6 any-address: also IPv4.</param>
    /// <param name="keepAlive">Keep-alive of accepted sockets.</param>
    /// <param name="prepare">Sets what accepted sockets are to inherit besides.</param>
    /// <exception cref="SocketException">The address cannot be had.</exception>
    public static Socket Listen(IPEndPoint endPoint, bool dualMode, KeepAliveConfig? keepAlive, Action<Socket> prepare)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = dualMode;
            }
            if (keepAlive is { Enabled: true })
            {
                KeepAliveProbes.Start(socket, keepAlive.Time, keepAlive.Interval, keepAlive.Retries);
            }
            prepare(socket);
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Kestrel's own default is 512; the kernel caps it at net.core.somaxconn.</summary>
    public const int Backlog = 4096;
}
