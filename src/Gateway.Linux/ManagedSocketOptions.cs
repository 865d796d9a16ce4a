using System.Buffers.Binary;
using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>Socket options of Linux on managed sockets, for options for which .NET has no name.</summary>
public static class ManagedSocketOptions
{
    /// <summary>Sets an option that is a number.</summary>
    /// <exception cref="SocketException">The kernel refuses (AccessDenied: a right is missing).</exception>
    public static void Set(this Socket socket, SocketOption option, int value)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        socket.SetRawSocketOption(option.Level, option.Name, bytes);
    }

    /// <summary>Reads an option that is a number.</summary>
    /// <exception cref="SocketException">The kernel refuses.</exception>
    public static int Get(this Socket socket, SocketOption option)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        _ = socket.Get(option, bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    /// <summary>
    /// Whether the socket has an error that nobody has read yet, such as a reset. Does not read it. .NET's Poll with SelectError also says
    /// so of a healthy socket with urgent data.
    /// </summary>
    public static bool HasError(this Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (!OperatingSystem.IsLinux())
        {
            return socket.Poll(0, SelectMode.SelectError);
        }

        var held = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref held);
            return Syscalls.HasError((int)socket.SafeHandle.DangerousGetHandle());
        }
        finally
        {
            if (held)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }

    /// <summary>Reads an option of several bytes, at most as many as fit into the buffer. Returns their number.</summary>
    /// <exception cref="SocketException">The kernel refuses.</exception>
    public static int Get(this Socket socket, SocketOption option, Span<byte> value)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return socket.GetRawSocketOption(option.Level, option.Name, value);
    }
}
