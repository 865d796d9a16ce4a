using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>The interface (VRF) that a managed socket is bound to: <see cref="SocketOption.BoundDevice"/>.</summary>
public static class BoundDevice
{
    /// <summary>Its index; 0: none, also where the kernel does not say (before Linux 5.0, other systems).</summary>
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

    /// <summary>Binds a socket that is about to be dialed.</summary>
    /// <exception cref="SocketException">It cannot be bound.</exception>
    public static void Set(Socket socket, int index)
    {
        ArgumentNullException.ThrowIfNull(socket);
        socket.Set(SocketOption.BoundDevice, index);
    }
}
