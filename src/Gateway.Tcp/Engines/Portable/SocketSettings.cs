using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>Options of managed sockets.</summary>
internal static class SocketSettings
{
    // linux/in.h, linux/in6.h.
    private const int LevelSocket = 1;
    private const int LevelIp = 0;
    private const int LevelIpv6 = 41;
    private const int SoMark = 36;
    private const int SoOriginalDestination = 80;
    private const int IpTransparent = 19;
    private const int IpBindAddressNoPort = 24;
    private const int Ipv6Transparent = 75;

    /// <summary>What every connection has: no Nagle delay, no blocking calls, keep-alive as configured.</summary>
    public static void Apply(Socket socket, TcpKeepAlive? keepAlive)
    {
        socket.Blocking = false;
        socket.NoDelay = true;
        // An urgent byte is a byte of the stream: without this it would be left out of it.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline, true);
        if (keepAlive is not null)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds(keepAlive.Time));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Seconds(keepAlive.Interval));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, keepAlive.Retries);
        }
    }

    /// <summary>Binds an address that is not ours. The connection is then made from it.</summary>
    /// <returns>Who is to blame if it fails, and the error.</returns>
    public static (ConnectFailure Failure, SocketError Error) BindTransparent(Socket socket, IPEndPoint source)
    {
        if (!OperatingSystem.IsLinux())
        {
            return (ConnectFailure.Permission, SocketError.OperationNotSupported);
        }

        if (source.AddressFamily != socket.AddressFamily)
        {
            return (ConnectFailure.Bind, SocketError.AddressFamilyNotSupported);
        }

        // A loopback address is ours anyway, and binding it needs no right.
        if (!IPAddress.IsLoopback(source.Address) && !TrySetTransparent(socket, source.AddressFamily, out var refused))
        {
            return (ConnectFailures.OfOption(refused, ConnectFailure.Bind), refused);
        }

        try
        {
            if (source.Port == 0)
            {
                // The port is chosen at connect, per destination: 28,000 ports for each destination instead of for all together.
                Set(socket, LevelIp, IpBindAddressNoPort);
            }

            socket.Bind(source);
            return (ConnectFailure.None, SocketError.Success);
        }
        catch (SocketException error)
        {
            return (ConnectFailures.OfBind(error.SocketErrorCode), error.SocketErrorCode);
        }
    }

    /// <summary>Lets a listening socket take what tproxy diverts to it, and marks what it accepts.</summary>
    /// <exception cref="SocketException">The right is missing, or the system is another.</exception>
    public static void ApplyInterception(Socket listener, TcpListenOptions options)
    {
        if (!options.Transparent && options.Mark == 0)
        {
            return;
        }

        if (!OperatingSystem.IsLinux())
        {
            throw new SocketException((int)SocketError.OperationNotSupported);
        }

        if (options.Transparent)
        {
            var v4 = listener.AddressFamily == AddressFamily.InterNetwork;
            Set(listener, v4 ? LevelIp : LevelIpv6, v4 ? IpTransparent : Ipv6Transparent);
        }

        if (options.Mark != 0)
        {
            Set(listener, LevelSocket, SoMark, options.Mark);
        }
    }

    /// <summary>Marks the packets of a socket that is about to be dialed.</summary>
    /// <returns>Who is to blame if it fails, and the error.</returns>
    public static (ConnectFailure Failure, SocketError Error) SetMark(Socket socket, int mark)
    {
        if (!OperatingSystem.IsLinux())
        {
            return (ConnectFailure.Permission, SocketError.OperationNotSupported);
        }

        return Try(socket, static (socket, mark) => Set(socket, LevelSocket, SoMark, mark), mark);
    }

    /// <summary>Binds a socket that is about to be dialed to an interface (VRF).</summary>
    /// <returns>Who is to blame if it fails, and the error.</returns>
    public static (ConnectFailure Failure, SocketError Error) SetDevice(Socket socket, int device) => Try(socket, BoundDevice.Set, device);

    /// <summary>Where the client connected to before REDIRECT, or null. The kernel writes a sockaddr_in or sockaddr_in6.</summary>
    public static IPEndPoint? ReadOriginalDestination(Socket socket, AddressFamily family)
    {
        Span<byte> address = stackalloc byte[28];
        try
        {
            var v4 = family == AddressFamily.InterNetwork;
            _ = socket.GetRawSocketOption(v4 ? LevelIp : LevelIpv6, SoOriginalDestination, address);
            return new IPEndPoint(new IPAddress(v4 ? address[4..8] : address[8..24]), BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    private static (ConnectFailure Failure, SocketError Error) Try(Socket socket, Action<Socket, int> set, int value)
    {
        try
        {
            set(socket, value);
            return (ConnectFailure.None, SocketError.Success);
        }
        catch (SocketException refused)
        {
            return (ConnectFailures.OfOption(refused.SocketErrorCode, ConnectFailure.Resources), refused.SocketErrorCode);
        }
    }

    // A process needs CAP_NET_RAW or CAP_NET_ADMIN for it.
    private static bool TrySetTransparent(Socket socket, AddressFamily family, out SocketError error)
    {
        try
        {
            var v4 = family == AddressFamily.InterNetwork;
            Set(socket, v4 ? LevelIp : LevelIpv6, v4 ? IpTransparent : Ipv6Transparent);
            error = SocketError.Success;
            return true;
        }
        catch (SocketException refused)
        {
            error = refused.SocketErrorCode;
            return false;
        }
    }

    private static void Set(Socket socket, int level, int name, int to = 1)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(value, to);
        socket.SetRawSocketOption(level, name, value);
    }

    private static int Seconds(TimeSpan time) => (int)Math.Clamp(Math.Ceiling(time.TotalSeconds), 1, 32767);
}
