using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Linux.Bpf;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// Binds one listening socket per loop to one address, so that the kernel spreads connections over the loops (SO_REUSEPORT).
/// </summary>
internal static class ListenSocketFactory
{
    /// <summary>The bound and listening sockets, and the address with its real port.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    internal static (FileDescriptor[] Sockets, IPEndPoint LocalEndPoint) Bind(
        IPEndPoint endPoint, TcpListenOptions options, int count, ToaProgram? toa)
    {
        // SO_REUSEPORT would silently share a port with another process of the same user, and half of the connections would go to that
        // process. So a trial bind without it shows whether the port is free. SO_REUSEADDR is set, because TIME_WAITs of an earlier
        // listener are no reason to refuse.
        if (endPoint.Port != 0)
        {
            using var probe = Open(endPoint, options, sharePort: false);
        }

        var sockets = new FileDescriptor[count];
        var bound = endPoint;
        try
        {
            for (var index = 0; index < count; index++)
            {
                sockets[index] = Open(bound, options, sharePort: true);
                if (index == 0)
                {
                    bound = new IPEndPoint(endPoint.Address, PortOf(sockets[0]));
                }
            }

            // The sockets listen only when all are bound, because a connection must not be queued on a socket that is closed again if a
            // later socket fails.
            foreach (var socket in sockets)
            {
                var fd = socket.Hold();
                try
                {
                    ThrowIfFailed(KeptOptions.Keep(fd, options.Options, toa));
                    ThrowIfFailed(Syscalls.Listen(fd, options.Backlog));
                }
                finally
                {
                    socket.Release();
                }
            }

            return (sockets, bound);
        }
        catch
        {
            foreach (var socket in sockets)
            {
                socket?.Dispose();
            }

            throw;
        }
    }

    /// <summary>
    /// Descriptors of sockets that listen already (<see cref="TcpListenOptions.Inherited"/>): each socket gets a loop, and each loop a
    /// socket. Loops may share a socket, because a socket that is bound in addition would have an accept queue that nobody can take over.
    /// </summary>
    /// <exception cref="SocketException">No descriptor is left, or a right is missing.</exception>
    internal static (FileDescriptor[] Sockets, IPEndPoint LocalEndPoint) Adopt(TcpListenOptions options, int count, ToaProgram? toa)
    {
        var inherited = options.Inherited;
        var sockets = new FileDescriptor[Math.Max(count, inherited.Count)];
        try
        {
            for (var index = 0; index < sockets.Length; index++)
            {
                sockets[index] = inherited[index % inherited.Count].DuplicateDescriptor();
                var fd = sockets[index].Hold();
                try
                {
                    SetInterception(fd, inherited[0].LocalEndPoint, options);
                    ThrowIfFailed(KeptOptions.Keep(fd, options.Options, toa));
                }
                finally
                {
                    sockets[index].Release();
                }
            }

            return (sockets, inherited[0].LocalEndPoint);
        }
        catch
        {
            foreach (var socket in sockets)
            {
                socket?.Dispose();
            }

            throw;
        }
    }

    private static void SetInterception(int fd, IPEndPoint endPoint, TcpListenOptions options)
    {
        if (options.Transparent)
        {
            ThrowIfFailed(Syscalls.SetOption(fd, SocketOption.Transparent(endPoint.AddressFamily), 1));
        }

        if (options.Mark != 0)
        {
            ThrowIfFailed(Syscalls.SetOption(fd, SocketOption.Mark, options.Mark));
        }
    }

    private static FileDescriptor Open(IPEndPoint endPoint, TcpListenOptions options, bool sharePort)
    {
        var address = SockAddr.From(endPoint);
        var number = Syscalls.Socket(address.Family);
        ThrowIfFailed(number);
        var descriptor = new FileDescriptor(number);
        var fd = descriptor.Hold();
        try
        {
            ThrowIfFailed(Syscalls.SetOption(fd, SocketOption.ReuseAddress, 1));
            if (sharePort)
            {
                ThrowIfFailed(Syscalls.SetOption(fd, SocketOption.ReusePort, 1));
            }

            if (address.Family == SockAddr.InterNetworkV6)
            {
                ThrowIfFailed(Syscalls.SetOption(fd, SocketOption.OnlyV6, options.DualMode ? 0 : 1));
            }

            SetInterception(fd, endPoint, options);
            _ = SocketOptionSet.ApplyToListener(fd, options.KeepAlive);
            var isV6 = address.Family == SockAddr.InterNetworkV6;
            ThrowIfFailed(SocketOptionSet.Tune(fd, isV6, options.Socket, options.UserTimeout));
            ThrowIfFailed(Syscalls.Bind(fd, address));
            descriptor.Release();
            return descriptor;
        }
        catch
        {
            descriptor.Release();
            descriptor.Dispose();
            throw;
        }
    }

    private static int PortOf(FileDescriptor socket)
    {
        var result = Syscalls.GetSocketName(socket.Hold(), out var address);
        socket.Release();
        ThrowIfFailed(result);
        return address.ToIPEndPoint().Port;
    }

    private static void ThrowIfFailed(int result)
    {
        if (result < 0)
        {
            throw new SocketException((int)Errno.ToSocketError(-result));
        }
    }
}
