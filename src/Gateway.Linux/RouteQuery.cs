using System.Net;
using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>
/// Asks the kernel's routing (rtnetlink, RTM_GETROUTE; linux/rtnetlink.h) whether packets to an address are delivered on this host. Needs
/// no right. One socket is kept open, so a question costs two system calls, and works even when descriptors have run out. Safe from any
/// thread. The kernel puts the answer into the socket within the call that sends the question.
/// </summary>
internal sealed class RouteQuery : IDisposable
{
    private const ushort NewRoute = 24;
    private const ushort GetRoute = 26;
    private const ushort RequestFlag = 1;
    private const int HeaderBytes = Netlink.HeaderBytes;
    private const int RouteBytes = 12;
    private const ushort Destination = 1;
    private const ushort OutputDevice = 4;

    // struct rtmsg: family, lengths of both prefixes, tos, table, protocol, scope, type.
    private const int TypeOffset = HeaderBytes + 7;
    private const byte Local = 2;

    private readonly Lock _lock = new();
    private FileDescriptor? _socket;
    private uint _lastNumber;

    /// <summary>Whether routing delivers packets to an address on this host (RTN_LOCAL).</summary>
    /// <param name="address">The address, not v4-mapped.</param>
    /// <param name="device">Index of the interface whose VRF is asked; 0: none.</param>
    /// <returns>
    /// 0 or 1; or −errno if this system has no netlink (EAFNOSUPPORT and similar), or no descriptor or memory is left.
    /// </returns>
    internal int IsLocal(IPAddress address, int device)
    {
        lock (_lock)
        {
            var opened = Open();
            if (opened < 0)
            {
                return opened;
            }

            var fd = _socket!.Hold();
            try
            {
                return Ask(fd, address, device);
            }
            finally
            {
                _socket.Release();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private int Open()
    {
        if (_socket is not null)
        {
            return 0;
        }

        var number = Netlink.Open(Netlink.Route, isBlocking: false);
        _socket = number < 0 ? null : new FileDescriptor(number);
        return Math.Min(number, 0);
    }

    private int Ask(int fd, IPAddress address, int device)
    {
        Span<byte> message = stackalloc byte[512];
        message.Clear();
        var isV6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var addressBytes = isV6 ? 16 : 4;
        var length = HeaderBytes + RouteBytes;
        message[HeaderBytes] = (byte)(isV6 ? SockAddr.InterNetworkV6 : SockAddr.InterNetwork);
        message[HeaderBytes + 1] = (byte)(addressBytes * 8);
        length += AddAttribute(message[length..], Destination, addressBytes);
        _ = address.TryWriteBytes(message[(length - addressBytes)..], out _);
        if (device != 0)
        {
            length += AddAttribute(message[length..], OutputDevice, sizeof(int));
            BitConverter.TryWriteBytes(message[(length - sizeof(int))..], device);
        }

        BitConverter.TryWriteBytes(message, length);
        BitConverter.TryWriteBytes(message[4..], GetRoute);
        BitConverter.TryWriteBytes(message[6..], RequestFlag);
        BitConverter.TryWriteBytes(message[8..], ++_lastNumber);
        var sent = Syscalls.Send(fd, message[..length]);
        while (sent >= 0)
        {
            var received = Syscalls.Receive(fd, message);
            if (received < 0)
            {
                return received;
            }

            // The socket may still hold the answer to an earlier question whose reading failed.
            if (received > TypeOffset && BitConverter.ToUInt32(message[8..]) == _lastNumber)
            {
                return BitConverter.ToUInt16(message[4..]) == NewRoute && message[TypeOffset] == Local ? 1 : 0;
            }
        }

        return sent;
    }

    private static int AddAttribute(Span<byte> at, ushort type, int valueBytes)
    {
        BitConverter.TryWriteBytes(at, (ushort)(Netlink.AttributeHeaderBytes + valueBytes));
        BitConverter.TryWriteBytes(at[2..], type);
        return Netlink.AttributeHeaderBytes + valueBytes;
    }
}
