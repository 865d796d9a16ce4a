using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <summary>
/// A listening TCP socket that exists already: another process has made it, or a listener of this process that is about to stop. Several
/// descriptors of one socket share its accept queue, so no connection is lost when the other descriptors are closed. Linux only.
/// </summary>
public sealed class ListeningDescriptor : IDisposable
{
    private readonly FileDescriptor _descriptor;

    private ListeningDescriptor(FileDescriptor descriptor, IPEndPoint localEndPoint, bool dualMode) =>
        (_descriptor, LocalEndPoint, DualMode) = (descriptor, localEndPoint, dualMode);

    /// <summary>The address that the socket is bound to.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Whether an IPv6 socket also takes IPv4.</summary>
    public bool DualMode { get; }

    /// <summary>The descriptor, for sending it to another process.</summary>
    public SafeHandle Handle => _descriptor;

    /// <summary>Takes over a descriptor. The descriptor belongs to the result, or is closed.</summary>
    /// <param name="number">The descriptor's number.</param>
    /// <param name="problem">Why the descriptor is no listening TCP socket; empty on success.</param>
    /// <returns>Null: it is no listening TCP socket.</returns>
    public static ListeningDescriptor? Adopt(int number, out string problem)
    {
        var descriptor = new FileDescriptor(number);
        if (Describe(descriptor, out problem) is { } listening)
        {
            return listening;
        }

        descriptor.Dispose();
        return null;
    }

    /// <summary>
    /// Makes another descriptor of a managed listening socket. The socket stays usable, and can be disposed without an effect on the other
    /// descriptor. .NET disconnects a socket that is disposed while an accept is in progress, unless the socket may be shared: the sign of
    /// that is a descriptor without close-on-exec (SafeSocketHandle.Unix.cs, TryUnblockSocket).
    /// </summary>
    /// <returns>Null: the socket is closed, or no descriptor is left.</returns>
    public static ListeningDescriptor? Duplicate(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var held = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref held);
            var number = (int)socket.SafeHandle.DangerousGetHandle();
            _ = Syscalls.KeepOnExec(number);
            return Duplicate(number);
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            if (held)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }

    /// <summary>
    /// Makes a managed socket with a descriptor of its own. Disposing the socket has no effect on the other descriptors, see
    /// <see cref="Duplicate(Socket)"/>.
    /// </summary>
    /// <exception cref="SocketException">No descriptor is left.</exception>
    public Socket ToSocket()
    {
        var number = DuplicateNumber();
        _ = Syscalls.KeepOnExec(number);
        return new Socket(new SafeSocketHandle(number, ownsHandle: true));
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    /// <summary>Makes another descriptor of a listening socket; null: no descriptor is left, or it is no listening socket.</summary>
    internal static ListeningDescriptor? Duplicate(int number)
    {
        var copy = Syscalls.Duplicate(number);
        return copy < 0 ? null : Adopt(copy, out _);
    }

    /// <summary>Makes another descriptor of the same socket, for an event loop.</summary>
    /// <exception cref="SocketException">No descriptor is left.</exception>
    internal FileDescriptor DuplicateDescriptor() => new(DuplicateNumber());

    private int DuplicateNumber()
    {
        var number = Syscalls.Duplicate(_descriptor.Hold());
        _descriptor.Release();
        return number < 0 ? throw new SocketException((int)Errno.ToSocketError(-number)) : number;
    }

    private static ListeningDescriptor? Describe(FileDescriptor descriptor, out string problem)
    {
        var fd = descriptor.Hold();
        try
        {
            var family = Syscalls.GetOption(fd, SocketOption.Domain);
            problem =
                family is not (SockAddr.InterNetwork or SockAddr.InterNetworkV6) ? "it is no socket of IPv4 or IPv6"
                : Syscalls.GetOption(fd, SocketOption.Type) != SocketOption.TypeStream ? "it is no TCP socket"
                : Syscalls.GetOption(fd, SocketOption.AcceptConnections) != 1 ? "it does not listen"
                : "";
            if (problem.Length > 0 || Syscalls.GetSocketName(fd, out var address) < 0)
            {
                return null;
            }

            _ = Syscalls.CloseOnExecAndNonBlocking(fd);
            var isV6 = family == SockAddr.InterNetworkV6;
            return new ListeningDescriptor(
                descriptor, address.ToIPEndPoint(), isV6 && Syscalls.GetOption(fd, SocketOption.OnlyV6) == 0);
        }
        finally
        {
            descriptor.Release();
        }
    }
}
