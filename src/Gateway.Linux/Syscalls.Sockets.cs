using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <summary>
/// One static method per syscall. EINTR is retried, and the result is the kernel's result or −errno. The methods contain no policy.
/// Descriptor numbers come from <see cref="FileDescriptor.Hold"/>.
/// </summary>
internal static unsafe partial class Syscalls
{
    private const int SocketStream = 1;
    private const int SocketDatagram = 2;

    // O_NONBLOCK and O_CLOEXEC. The flags of SOCK_, EFD_ and EPOLL_ have the same values (x64, arm64).
    internal const int NonBlock = 0x800;
    internal const int CloseOnExec = 0x80000;

    // fcntl(2).
    private const int SetDescriptorFlags = 2;
    private const int GetStatusFlags = 3;
    private const int SetStatusFlags = 4;
    private const int DuplicateCloseOnExec = 1030;
    private const int DescriptorCloseOnExec = 1;

    private const int MessageNoSignal = 0x4000;
    private const int MessagePeek = 2;
    private const int ShutdownWrite = 1;

    /// <summary>Makes a non-blocking TCP socket of the family (<see cref="SockAddr.InterNetwork"/> or V6).</summary>
    internal static int Socket(int family) => Result(LibC.socket(family, SocketStream | NonBlock | CloseOnExec, 0));

    /// <summary>Makes a UDP socket of the family.</summary>
    internal static int DatagramSocket(int family) => Result(LibC.socket(family, SocketDatagram | CloseOnExec, 0));

    internal static int Bind(int fd, in SockAddr address)
    {
        fixed (SockAddr* pointer = &address)
        {
            return Result(LibC.bind(fd, pointer, address.Length));
        }
    }

    internal static int Listen(int fd, int backlog) => Result(LibC.listen(fd, backlog));

    /// <summary>Takes the next connection from the accept queue: its non-blocking descriptor and its peer's address.</summary>
    internal static int Accept(int fd, out SockAddr peer)
    {
        fixed (SockAddr* pointer = &peer)
        {
            while (true)
            {
                uint length = SockAddr.Size;
                var accepted = LibC.accept4(fd, pointer, &length, NonBlock | CloseOnExec);
                if (accepted >= 0)
                {
                    return accepted;
                }

                var error = Marshal.GetLastSystemError();
                if (error != Errno.EINTR)
                {
                    return -error;
                }
            }
        }
    }

    /// <summary>
    /// Starts to connect. EINTR is not retried, because the kernel goes on connecting after it (as with EINPROGRESS). A non-blocking socket
    /// never gets EINTR here.
    /// </summary>
    internal static int Connect(int fd, in SockAddr address)
    {
        fixed (SockAddr* pointer = &address)
        {
            return Result(LibC.connect(fd, pointer, address.Length));
        }
    }

    internal static int GetSocketName(int fd, out SockAddr address)
    {
        uint length = SockAddr.Size;
        fixed (SockAddr* pointer = &address)
        {
            return Result(LibC.getsockname(fd, pointer, &length));
        }
    }

    /// <summary>The client's destination before the connection was redirected; −ENOENT if conntrack does not know the connection.</summary>
    internal static int GetOriginalDestination(int fd, AddressFamily family, out SockAddr address)
    {
        var option = SocketOption.OriginalDestination(family);
        uint length = SockAddr.Size;
        fixed (SockAddr* pointer = &address)
        {
            return Result(LibC.getsockopt(fd, option.Level, option.Name, pointer, &length));
        }
    }

    internal static int SetOption(int fd, SocketOption option, int value) =>
        Result(LibC.setsockopt(fd, option.Level, option.Name, &value, sizeof(int)));

    /// <summary>Sets SO_LINGER with 0 seconds: the next close sends RST and drops unsent bytes.</summary>
    internal static int SetResetOnClose(int fd)
    {
        var onAndZeroSeconds = stackalloc int[2] { 1, 0 };
        return Result(LibC.setsockopt(fd, SocketOption.Linger.Level, SocketOption.Linger.Name, onAndZeroSeconds, 2 * sizeof(int)));
    }

    /// <summary>Reads an option that is a number. Returns its value, or −errno.</summary>
    internal static int GetOption(int fd, SocketOption option)
    {
        var value = 0;
        uint length = sizeof(int);
        var result = LibC.getsockopt(fd, option.Level, option.Name, &value, &length);
        return result < 0 ? -Marshal.GetLastSystemError() : value;
    }

    /// <summary>As <see cref="Receive(int, Span{byte})"/>, but leaves the bytes in the socket.</summary>
    internal static int Peek(int fd, Span<byte> buffer) => Receive(fd, buffer, MessagePeek);

    /// <summary>
    /// Reads an option of several bytes. Returns their number, or −errno (EINVAL if the buffer is too short for TCP_SAVED_SYN).
    /// </summary>
    internal static int GetOption(int fd, SocketOption option, Span<byte> value)
    {
        var length = (uint)value.Length;
        fixed (byte* pointer = value)
        {
            var result = LibC.getsockopt(fd, option.Level, option.Name, pointer, &length);
            return result < 0 ? -Marshal.GetLastSystemError() : (int)length;
        }
    }

    internal static int Receive(int fd, Span<byte> buffer) => Receive(fd, buffer, flags: 0);

    private static int Receive(int fd, Span<byte> buffer, int flags)
    {
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var count = LibC.recv(fd, pointer, (nuint)buffer.Length, flags);
                if (count >= 0)
                {
                    return (int)count;
                }

                var error = Marshal.GetLastSystemError();
                if (error != Errno.EINTR)
                {
                    return -error;
                }
            }
        }
    }

    internal static int Send(int fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* pointer = data)
        {
            while (true)
            {
                var count = LibC.send(fd, pointer, (nuint)data.Length, MessageNoSignal);
                if (count >= 0)
                {
                    return (int)count;
                }

                var error = Marshal.GetLastSystemError();
                if (error != Errno.EINTR)
                {
                    return -error;
                }
            }
        }
    }

    /// <summary>Makes another descriptor of the same file, with close-on-exec. Returns its number, or −errno.</summary>
    internal static int Duplicate(int fd) => Result(LibC.fcntl(fd, DuplicateCloseOnExec, 0));

    /// <summary>Lets programs that this process starts inherit the descriptor.</summary>
    internal static int KeepOnExec(int fd) => Result(LibC.fcntl(fd, SetDescriptorFlags, 0));

    /// <summary>Sets close-on-exec and non-blocking mode, which a descriptor from another process may lack.</summary>
    internal static int CloseOnExecAndNonBlocking(int fd)
    {
        _ = LibC.fcntl(fd, SetDescriptorFlags, DescriptorCloseOnExec);
        return Result(LibC.fcntl(fd, SetStatusFlags, Result(LibC.fcntl(fd, GetStatusFlags, 0)) | NonBlock));
    }

    /// <summary>Half-close: sends FIN after the bytes that are still in the send queue.</summary>
    internal static int ShutdownSend(int fd) => Result(LibC.shutdown(fd, ShutdownWrite));

    internal static int Result(int value) => value >= 0 ? value : -Marshal.GetLastSystemError();
}
