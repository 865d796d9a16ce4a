using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>Options of managed sockets.</summary>
internal static class SocketSettings
{
    /// <summary>Sets the options of every connection: no Nagle delay, no blocking calls, keep-alive as configured.</summary>
    public static void Apply(Socket socket, TcpKeepAlive? keepAlive)
    {
        socket.Blocking = false;
        socket.NoDelay = true;
        // Without this option, the kernel would take an urgent byte out of the stream.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline, true);
        if (keepAlive is not null)
        {
            KeepAliveProbes.Start(socket, keepAlive.Time, keepAlive.Interval, keepAlive.Retries);
        }
    }

    /// <summary>Sets buffers, DSCP and TCP_USER_TIMEOUT, before listen or connect.</summary>
    /// <exception cref="SocketException">The kernel refuses.</exception>
    public static void Tune(Socket socket, TcpSocketOptions? options, TimeSpan? userTimeout)
    {
        if (options is not null || userTimeout is not null)
        {
            SocketTuning.Apply(socket, options?.SendBufferBytes, options?.ReceiveBufferBytes, options?.Dscp, userTimeout);
        }
    }

    /// <summary>Binds a foreign address, so that the connection comes from this address.</summary>
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

        // A loopback address always belongs to this host, and binding it needs no right.
        if (!IPAddress.IsLoopback(source.Address) && !TrySetTransparent(socket, source.AddressFamily, out var refused))
        {
            return (ConnectFailures.OfOption(refused, ConnectFailure.Bind), refused);
        }

        try
        {
            if (source.Port == 0)
            {
                // The kernel chooses the port at connect, so there are 28,000 ports for each destination instead of for all together.
                socket.Set(SocketOption.BindAddressNoPort, 1);
            }

            socket.Bind(source);
            return (ConnectFailure.None, SocketError.Success);
        }
        catch (SocketException error)
        {
            return (ConnectFailures.OfBind(error.SocketErrorCode), error.SocketErrorCode);
        }
    }

    /// <summary>As <see cref="Tune"/>, for a socket that listens already: what the kernel refuses stays as it was.</summary>
    public static void TryTune(Socket socket, TcpSocketOptions? options, TimeSpan? userTimeout)
    {
        try
        {
            Tune(socket, options, userTimeout);
        }
        catch (SocketException)
        {
            // The listener works all the same, and its configuration is in force by now.
        }
    }

    /// <summary>Lets a listening socket take connections that tproxy diverts to it, and marks its connections.</summary>
    /// <exception cref="SocketException">The right is missing, or the system is not Linux.</exception>
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
            listener.Set(SocketOption.Transparent(listener.AddressFamily), 1);
        }

        if (options.Mark != 0)
        {
            listener.Set(SocketOption.Mark, options.Mark);
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

        return Try(socket, static (socket, mark) => socket.Set(SocketOption.Mark, mark), mark);
    }

    /// <summary>Binds a socket that is about to be dialed to an interface (VRF).</summary>
    /// <returns>Who is to blame if it fails, and the error.</returns>
    public static (ConnectFailure Failure, SocketError Error) SetDevice(Socket socket, int device) => Try(socket, BoundDevice.Set, device);

    /// <summary>The client's destination before REDIRECT, or null. The kernel writes a sockaddr_in or sockaddr_in6.</summary>
    public static IPEndPoint? ReadOriginalDestination(Socket socket, AddressFamily family)
    {
        Span<byte> address = stackalloc byte[28];
        try
        {
            var v4 = family == AddressFamily.InterNetwork;
            _ = socket.Get(SocketOption.OriginalDestination(family), address);
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

    // IP_TRANSPARENT needs CAP_NET_RAW or CAP_NET_ADMIN.
    private static bool TrySetTransparent(Socket socket, AddressFamily family, out SocketError error)
    {
        try
        {
            socket.Set(SocketOption.Transparent(family), 1);
            error = SocketError.Success;
            return true;
        }
        catch (SocketException refused)
        {
            error = refused.SocketErrorCode;
            return false;
        }
    }
}
