using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>The interface (VRF) that a managed socket is bound to: <see cref="SocketOption.BoundDevice"/>.</summary>
internal static class BoundDevice
{
    /// <summary>The index of the interface; 0: none, or the kernel does not report it (before Linux 5.0, other systems).</summary>
    public static int Of(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        try
        {
            return socket.Get(SocketOption.BoundDevice);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Binds a socket to an interface, before it connects.</summary>
    /// <exception cref="SocketException">The socket cannot be bound.</exception>
    public static void Set(Socket socket, int index)
    {
        ArgumentNullException.ThrowIfNull(socket);
        socket.Set(SocketOption.BoundDevice, index);
    }
}
