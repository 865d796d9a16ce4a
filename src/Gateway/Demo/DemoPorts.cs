using System.Net;
using System.Net.Sockets;

namespace Gateway.Demo;

/// <summary>The demo's ports on 127.0.0.1: the preferred ports if they are free, otherwise any free ports.</summary>
internal sealed record DemoPorts
{
    /// <summary>HTTP whose client is the peer. Prefers 8080.</summary>
    public required int Web { get; init; }

    /// <summary>HTTP that requires a PROXY header. Prefers 8081.</summary>
    public required int WebBehindProxy { get; init; }

    /// <summary>TCP that requires a PROXY header. Prefers 9000.</summary>
    public required int TcpBehindProxy { get; init; }

    /// <summary>TCP whose client is the peer. Prefers 9001.</summary>
    public required int Tcp { get; init; }

    /// <summary>TCP in transparent mode. Prefers 9002.</summary>
    public required int Transparent { get; init; }

    /// <summary>Admin. Prefers 9901.</summary>
    public required int Admin { get; init; }

    /// <summary>The preferred ports, in the order of the properties.</summary>
    public static IReadOnlyList<int> Preferred { get; } = [8080, 8081, 9000, 9001, 9002, 9901];

    /// <summary>
    /// Finds the ports. Each port is held until the last port is chosen, so that they differ. Another process can still take a port before
    /// the gateway binds it.
    /// </summary>
    /// <exception cref="SocketException">No port is left at all.</exception>
    public static DemoPorts Choose()
    {
        var held = new List<Socket>();
        try
        {
            return new DemoPorts
            {
                Web = Hold(held, Preferred[0]),
                WebBehindProxy = Hold(held, Preferred[1]),
                TcpBehindProxy = Hold(held, Preferred[2]),
                Tcp = Hold(held, Preferred[3]),
                Transparent = Hold(held, Preferred[4]),
                Admin = Hold(held, Preferred[5]),
            };
        }
        finally
        {
            held.ForEach(socket => socket.Dispose());
        }
    }

    private static int Hold(List<Socket> held, int preferred)
    {
        var socket = Listen(preferred) ?? Listen(0) ?? throw new SocketException((int)SocketError.AddressAlreadyInUse);
        held.Add(socket);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // The socket must also listen: .NET sets SO_REUSEADDR, and then two sockets can bind the same address, but the second listen fails.
    private static Socket? Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
