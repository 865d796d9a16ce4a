using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// Makes a socket, sets its options, binds it if asked, and starts to connect. If one of these steps fails, it says who is to blame.
/// </summary>
internal static class LinuxDial
{
    /// <summary>
    /// The backend's connection, or why there is none. If <paramref name="isConnected"/> is false, the connection is still connecting.
    /// </summary>
    internal static ConnectResult Begin(ConnectRequest request, EventLoop loop, out bool isConnected)
    {
        var error = TryStart(request, loop, out var fd, out isConnected, out var failure);
        if (error != 0)
        {
            return new ConnectResult(null, failure, Errno.ToSocketError(error));
        }

        var socket = new LinuxSocket(loop, fd, isConnected) { KeepAlive = request.KeepAlive };
        var backend = new LinuxTcpConnection(socket, request.Destination);
        if (!socket.TryRegister())
        {
            socket.CloseInOrder();
            return new ConnectResult(null, ConnectFailure.Resources, SocketError.NoBufferSpaceAvailable);
        }

        if (isConnected && backend.IsConnectedToItself())
        {
            socket.CloseWithReset();
            return new ConnectResult(null, ConnectFailure.Destination, SocketError.ConnectionRefused);
        }

        return new ConnectResult(backend, ConnectFailure.None, SocketError.Success);
    }

    /// <summary>
    /// Returns 0 and a socket that connects or is connected; or an errno, the <paramref name="failure"/> and no socket.
    /// </summary>
    private static int TryStart(ConnectRequest request, EventLoop loop, out int fd, out bool isConnected, out ConnectFailure failure)
    {
        isConnected = false;
        var toa = loop.Toa;
        var destination = PeerEndPoint.Unmap(request.Destination);
        var address = SockAddr.From(destination);
        fd = Syscalls.Socket(address.Family);
        if (fd < 0)
        {
            failure = ConnectFailures.OfSocket(Errno.ToSocketError(-fd));
            return -fd;
        }

        failure = ConnectFailure.Resources;
        var error = DescriptorReserve.Holds(fd) ? Errno.EMFILE : -Math.Min(0, SocketOptionSet.ApplyToBackend(fd));
        if (error == 0)
        {
            var isV6 = address.Family == SockAddr.InterNetworkV6;
            error = -Math.Min(0, SocketOptionSet.Tune(fd, isV6, request.Socket, request.UserTimeout));
        }

        if (error == 0 && request.Mark != 0)
        {
            error = -Math.Min(0, Syscalls.SetOption(fd, SocketOption.Mark, request.Mark));
            failure = ConnectFailures.OfOption(Errno.ToSocketError(error), ConnectFailure.Resources);
        }

        if (error == 0 && request.Device != 0)
        {
            error = -Math.Min(0, Syscalls.SetOption(fd, SocketOption.BoundDevice, request.Device));
            failure = ConnectFailures.OfOption(Errno.ToSocketError(error), ConnectFailure.Resources);
        }

        // Checked before connect, because a connection that reached our own listener would be routed and dialed there again.
        if (error == 0 && loop.OwnListeners.MayHold(destination.Port)
            && loop.OwnListeners.Find(destination, Math.Max(0, Syscalls.GetOption(fd, SocketOption.BoundDevice))) is not null)
        {
            failure = ConnectFailure.Self;
            error = Errno.ECONNREFUSED;
        }

        if (error == 0 && request.TransparentSource is { } source)
        {
            error = BindSource(fd, PeerEndPoint.Unmap(source), destination.AddressFamily, out failure);
        }

        if (error == 0 && !request.ClientOption.IsEmpty)
        {
            failure = ConnectFailure.Option;
            error = -(toa?.Write(fd, request.ClientOption.Span) ?? -Errno.EOPNOTSUPP);
        }

        if (error == 0)
        {
            error = Connect(fd, address, request.TransparentSource is not null, out isConnected, out failure);
        }

        // The SYN has been made by now. If it lacks the option, the backend would take the gateway's address for the client's without any
        // error, so the dial fails.
        if (error == 0 && !request.ClientOption.IsEmpty && !toa!.IsWritten(fd))
        {
            failure = ConnectFailure.Option;
            error = Errno.ENOSPC;
        }

        if (error != 0)
        {
            new FileDescriptor(fd).Dispose();
            fd = -1;
        }

        return error;
    }

    private static int BindSource(int fd, IPEndPoint source, AddressFamily family, out ConnectFailure failure)
    {
        failure = ConnectFailure.Bind;
        if (source.AddressFamily != family)
        {
            return Errno.EAFNOSUPPORT;
        }

        // 127.0.0.0/8 always belongs to this host, so no right is needed to bind it.
        if (!IPAddress.IsLoopback(source.Address))
        {
            var permitted = Syscalls.SetOption(fd, SocketOption.Transparent(family), 1);
            if (permitted < 0)
            {
                failure = ConnectFailures.OfOption(Errno.ToSocketError(-permitted), ConnectFailure.Bind);
                return -permitted;
            }
        }

        // With the client's own port, the accepted socket's other side or a TIME_WAIT may use the address already. So the address must be
        // shared (SO_REUSEADDR).
        _ = Syscalls.SetOption(fd, source.Port == 0 ? SocketOption.BindAddressNoPort : SocketOption.ReuseAddress, 1);
        var bound = Syscalls.Bind(fd, SockAddr.From(source));
        if (bound >= 0)
        {
            return 0;
        }

        failure = ConnectFailures.OfBind(Errno.ToSocketError(-bound));
        return -bound;
    }

    private static int Connect(int fd, in SockAddr address, bool isBound, out bool isConnected, out ConnectFailure failure)
    {
        var result = Syscalls.Connect(fd, address);
        isConnected = result == 0;
        failure = ConnectFailure.None;
        if (isConnected || result == -Errno.EINPROGRESS)
        {
            return 0;
        }

        failure = ConnectFailures.OfConnect(Errno.ToSocketError(-result), isBound);
        return -result;
    }
}
