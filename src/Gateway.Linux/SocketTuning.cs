using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>
/// Buffers, DSCP and TCP_USER_TIMEOUT of a socket. Accepted sockets inherit all of them from the listening socket. Buffers have to be set
/// before listen or connect, because the handshake fixes the scale of the window (tcp(7)).
/// </summary>
public static class SocketTuning
{
    // The DSCP is in the upper six bits of the byte. The lower two bits are for ECN, and TCP keeps its own value there.
    private const int DscpShift = 2;

    /// <summary>Sets the options of a managed socket. TCP_USER_TIMEOUT and DSCP are set on Linux only.</summary>
    /// <param name="socket">A socket that neither listens nor connects yet.</param>
    /// <param name="sendBufferBytes">SO_SNDBUF; null: the kernel's autotuning.</param>
    /// <param name="receiveBufferBytes">SO_RCVBUF; null: the kernel's autotuning.</param>
    /// <param name="dscp">IP_TOS and IPV6_TCLASS; null: unchanged.</param>
    /// <param name="userTimeout">TCP_USER_TIMEOUT; null: unchanged.</param>
    /// <exception cref="SocketException">The kernel refuses.</exception>
    public static void Apply(Socket socket, int? sendBufferBytes, int? receiveBufferBytes, int? dscp, TimeSpan? userTimeout)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (!OperatingSystem.IsLinux())
        {
            // Not even the current size, because setting a size ends the system's own tuning.
            if (sendBufferBytes is { } send)
            {
                socket.SendBufferSize = send;
            }

            if (receiveBufferBytes is { } receive)
            {
                socket.ReceiveBufferSize = receive;
            }

            return;
        }

        Set(socket, SocketOption.SendBuffer, sendBufferBytes);
        Set(socket, SocketOption.ReceiveBuffer, receiveBufferBytes);
        Set(socket, SocketOption.TypeOfService, dscp << DscpShift);
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Set(socket, SocketOption.TrafficClass, dscp << DscpShift);
        }

        Set(socket, SocketOption.UserTimeout, Milliseconds(userTimeout));
    }

    /// <summary>Sets the options of a descriptor. Returns 0 or −errno.</summary>
    internal static int Apply(int fd, bool isV6, int? sendBufferBytes, int? receiveBufferBytes, int? dscp, TimeSpan? userTimeout)
    {
        var result = Set(fd, SocketOption.SendBuffer, sendBufferBytes, 0);
        result = Set(fd, SocketOption.ReceiveBuffer, receiveBufferBytes, result);
        // IP_TOS on an IPv6 socket is for the connections of IPv4 clients.
        result = Set(fd, SocketOption.TypeOfService, dscp << DscpShift, result);
        result = isV6 ? Set(fd, SocketOption.TrafficClass, dscp << DscpShift, result) : result;
        return Set(fd, SocketOption.UserTimeout, Milliseconds(userTimeout), result);
    }

    private static int? Milliseconds(TimeSpan? time) => time is { } value ? (int)value.TotalMilliseconds : null;

    private static void Set(Socket socket, SocketOption option, int? value)
    {
        if (value is { } number)
        {
            socket.Set(option, number);
        }
    }

    private static int Set(int fd, SocketOption option, int? value, int before) =>
        before < 0 || value is not { } number ? before : Syscalls.SetOption(fd, option, number);
}
