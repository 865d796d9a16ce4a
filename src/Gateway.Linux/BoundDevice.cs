using System.Buffers.Binary;
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

        Span<byte> index = stackalloc byte[sizeof(int)];
        try
        {
            _ = socket.GetRawSocketOption(SocketOption.BoundDevice.Level, SocketOption.BoundDevice.Name, index);
            return BinaryPrimitives.ReadInt32LittleEndian(index);
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
        Span<byte> value = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(value, index);
        socket.SetRawSocketOption(SocketOption.BoundDevice.Level, SocketOption.BoundDevice.Name, value);
    }
}
