namespace Gateway.Linux;

/// <summary>What all netlink sockets have in common (linux/netlink.h).</summary>
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

    /// <summary>A socket, or −errno: there is no netlink here (EAFNOSUPPORT and the like), or no descriptor or memory for it.</summary>
    /// <param name="protocol">Whom it speaks to.</param>
    /// <param name="isBlocking">Whether reading waits.</param>
    internal static int Open(int protocol, bool isBlocking) =>
        Syscalls.Result(LibC.socket(Family, SocketRaw | Syscalls.CloseOnExec | (isBlocking ? 0 : Syscalls.NonBlock), protocol));

    /// <summary>Attributes and messages begin at multiples of four.</summary>
    internal static int Align(int size) => (size + 3) & ~3;
}
