using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Linux;

namespace Gateway.Listeners;

/// <summary>
/// Binds listening sockets for Kestrel before a configuration comes into force, so that a port in use refuses the configuration and stops
/// no traffic.
/// </summary>
internal static class ListenerSockets
{
    /// <summary>
    /// Makes a bound and listening socket. The socket listens here already: with SO_REUSEADDR, which .NET sets, two sockets can bind to one
    /// port, and only the second <c>listen</c> fails.
    /// </summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="dualMode">For the IPv6 any-address: whether the socket accepts IPv4 as well.</param>
    /// <param name="keepAlive">The keep-alive of accepted sockets; null: none.</param>
    /// <param name="prepare">Sets further options that accepted sockets inherit.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
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
                SetKeepAlive(socket, keepAlive);
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

    /// <summary>Sets the keep-alive of the connections that an adopted socket accepts from now on.</summary>
    public static void SetKeepAlive(Socket listening, KeepAliveConfig keepAlive)
    {
        if (keepAlive.Enabled)
        {
            KeepAliveProbes.Start(listening, keepAlive.Time, keepAlive.Interval, keepAlive.Retries);
        }
        else
        {
            listening.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, false);
        }
    }

    /// <summary>The accept queue's length. Kestrel's default is 512; the kernel caps the value at net.core.somaxconn.</summary>
    public const int Backlog = 4096;
}
