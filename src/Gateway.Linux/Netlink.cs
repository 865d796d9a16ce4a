namespace Gateway.Linux;

/// <summary>Constants and calls for all netlink sockets (linux/netlink.h).</summary>
internal static class Netlink
{
    /// <summary>NETLINK_ROUTE.</summary>
    internal const int Route = 0;

    /// <summary>NETLINK_NETFILTER.</summary>
    internal const int Netfilter = 12;

    /// <summary>struct nlmsghdr.</summary>
    internal const int HeaderBytes = 16;

    /// <summary>struct nlattr, struct rtattr.</summary>
    internal const int AttributeHeaderBytes = 4;

    private const int Family = 16;
    private const int SocketRaw = 3;

    /// <summary>
    /// Opens a socket. Returns −errno if this system has no netlink (EAFNOSUPPORT and similar), or no descriptor or memory is left.
    /// </summary>
    /// <param name="protocol">The part of the kernel to talk to.</param>
    /// <param name="isBlocking">Whether reading waits.</param>
    internal static int Open(int protocol, bool isBlocking) =>
        Syscalls.Result(LibC.socket(Family, SocketRaw | Syscalls.CloseOnExec | (isBlocking ? 0 : Syscalls.NonBlock), protocol));

    /// <summary>Whether a descriptor is a netlink socket.</summary>
    internal static bool Is(int number) => Syscalls.GetOption(number, SocketOption.Domain) == Family;

    /// <summary>Attributes and messages begin at multiples of four.</summary>
    internal static int Align(int size) => (size + 3) & ~3;
}
