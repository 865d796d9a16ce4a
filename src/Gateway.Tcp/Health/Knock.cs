using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Health;

/// <summary>A connect that finds out whether a server listens, and that the server application never sees.</summary>
public static class Knock
{
    /// <summary>
    /// Prepares a socket for such a connect. If the socket is closed within 0.2 s, it sends RST before it has sent the last segment of the
    /// handshake, because Linux delays this segment if TCP_QUICKACK is off. So the listener's kernel forgets the connection before accept()
    /// returns it, and the server neither logs nor counts the connection. This matters because MariaDB and MySQL count connections that end
    /// before a login, and block an address that has <c>max_connect_errors</c> of them, for all clients behind this address. HAProxy's
    /// health checks do the same. If the socket is closed later, or on other systems, the server sees a connection that is reset.
    /// </summary>
    /// <param name="socket">A new socket, before the connect.</param>
    public static void Prepare(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        // Close sends RST, so that no TIME_WAIT stays here or at the server.
        socket.LingerState = new LingerOption(true, 0);
        if (OperatingSystem.IsLinux())
        {
            socket.Set(SocketOption.QuickAck, 0);
        }
    }
}
