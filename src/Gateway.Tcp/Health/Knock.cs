using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Health;

/// <summary>A connect that asks whether somebody listens, and that the application which listens never sees.</summary>
public static class Knock
{
    /// <summary>
    /// Sets a socket up for it, before the connect. Closed within 0.2 s, it ends by RST with the last segment of the handshake not sent
    /// yet (Linux delays it where TCP_QUICKACK is off): the listener's kernel forgets the connection before accept() returns it, and the
    /// server neither logs nor counts it. MariaDB and MySQL count connections that end before a login, and block an address that has
    /// <c>max_connect_errors</c> of them, for everybody behind it. HAProxy's health checks do the same. Closed later, and on other
    /// systems, the server sees a connection that is reset.
    /// </summary>
    /// <param name="socket">A new one.</param>
    public static void Prepare(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        // RST at the end: no TIME_WAIT, here or there.
        socket.LingerState = new LingerOption(true, 0);
        if (OperatingSystem.IsLinux())
        {
            socket.Set(SocketOption.QuickAck, 0);
        }
    }
}
