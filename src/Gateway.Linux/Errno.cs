using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>
/// The kernel's error numbers that the gateway distinguishes (include/uapi/asm-generic/errno*.h; the same on x64 and arm64). The methods of
/// <see cref="Syscalls"/> return them negated, as the kernel itself does: <c>-Errno.EAGAIN</c>.
/// </summary>
internal static class Errno
{
    internal const int EPERM = 1;
    internal const int EINTR = 4;
    internal const int EBADF = 9;
    internal const int EAGAIN = 11;
    internal const int ENOMEM = 12;
    internal const int EACCES = 13;
    internal const int EBUSY = 16;
    internal const int EINVAL = 22;
    internal const int ENFILE = 23;
    internal const int EMFILE = 24;
    internal const int ENOSPC = 28;
    internal const int EPIPE = 32;
    internal const int ENOSYS = 38;
    internal const int ENONET = 64;
    internal const int EPROTO = 71;
    internal const int ENOPROTOOPT = 92;
    internal const int EPROTONOSUPPORT = 93;
    internal const int EOPNOTSUPP = 95;
    internal const int EAFNOSUPPORT = 97;
    internal const int EADDRINUSE = 98;
    internal const int EADDRNOTAVAIL = 99;
    internal const int ENETDOWN = 100;
    internal const int ENETUNREACH = 101;
    internal const int ECONNABORTED = 103;
    internal const int ECONNRESET = 104;
    internal const int ENOBUFS = 105;
    internal const int EISCONN = 106;
    internal const int ENOTCONN = 107;
    internal const int ETIMEDOUT = 110;
    internal const int ECONNREFUSED = 111;
    internal const int EHOSTDOWN = 112;
    internal const int EHOSTUNREACH = 113;
    internal const int EALREADY = 114;
    internal const int EINPROGRESS = 115;

    /// <summary>Whether this process or machine has run out of a resource. The peer is not to blame, and waiting may help.</summary>
    internal static bool IsExhaustion(int errno) => errno is EMFILE or ENFILE or ENOBUFS or ENOMEM or ENOSPC;

    /// <summary>Whether an error of accept belongs to one connection in the queue, which is gone now (accept(2)).</summary>
    internal static bool IsOfOneConnection(int errno) =>
        errno
            is EINTR
                or ECONNABORTED
                or EPROTO
                or ENOPROTOOPT
                or ENETDOWN
                or ENETUNREACH
                or EHOSTDOWN
                or EHOSTUNREACH
                or ENONET
                or EOPNOTSUPP;

    /// <summary>Converts an errno as .NET's own sockets do (SocketErrorPal.Unix), so that both engines report alike.</summary>
    internal static SocketError ToSocketError(int errno) => errno switch
    {
        0 => SocketError.Success,
        EPERM or EACCES => SocketError.AccessDenied,
        EBADF => SocketError.OperationAborted,
        EAGAIN => SocketError.WouldBlock,
        ENOMEM or ENOBUFS or ENOSPC => SocketError.NoBufferSpaceAvailable,
        EINVAL => SocketError.InvalidArgument,
        ENFILE or EMFILE => SocketError.TooManyOpenSockets,
        EPIPE => SocketError.Shutdown,
        ENOPROTOOPT or EOPNOTSUPP => SocketError.OperationNotSupported,
        EPROTONOSUPPORT => SocketError.ProtocolNotSupported,
        EAFNOSUPPORT => SocketError.AddressFamilyNotSupported,
        EADDRINUSE => SocketError.AddressAlreadyInUse,
        EADDRNOTAVAIL => SocketError.AddressNotAvailable,
        ENETDOWN => SocketError.NetworkDown,
        ENETUNREACH => SocketError.NetworkUnreachable,
        ECONNABORTED => SocketError.ConnectionAborted,
        ECONNRESET => SocketError.ConnectionReset,
        EISCONN => SocketError.IsConnected,
        ENOTCONN => SocketError.NotConnected,
        ETIMEDOUT => SocketError.TimedOut,
        ECONNREFUSED => SocketError.ConnectionRefused,
        EHOSTDOWN => SocketError.HostDown,
        EHOSTUNREACH => SocketError.HostUnreachable,
        EALREADY => SocketError.AlreadyInProgress,
        EINPROGRESS => SocketError.InProgress,
        _ => SocketError.SocketError,
    };
}
