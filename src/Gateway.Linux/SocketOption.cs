using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>
/// A socket option by name. Every number that the gateway uses is declared here (values of asm-generic, for x64 and arm64; linux/in.h,
/// linux/in6.h, linux/tcp.h). For managed sockets see <see cref="ManagedSocketOptions"/>.
/// </summary>
/// <param name="Level">SOL_SOCKET or a protocol.</param>
/// <param name="Name">The option's number at that level.</param>
public readonly record struct SocketOption(int Level, int Name)
{
    /// <summary>SOCK_STREAM, a value of <see cref="Type"/>.</summary>
    public const int TypeStream = 1;

    private const int SolSocket = 1;
    private const int IPProtoIP = 0;
    private const int IPProtoTcp = 6;
    private const int IPProtoIPv6 = 41;

    /// <summary>SO_REUSEADDR.</summary>
    public static SocketOption ReuseAddress => new(SolSocket, 2);

    /// <summary>SO_TYPE: <see cref="TypeStream"/> for TCP.</summary>
    public static SocketOption Type => new(SolSocket, 3);

    /// <summary>SO_ERROR: a pending error, which the kernel reports once.</summary>
    public static SocketOption Error => new(SolSocket, 4);

    /// <summary>SO_SNDBUF. The kernel caps it at net.core.wmem_max, and reports twice the value: <see cref="SocketTuning"/>.</summary>
    public static SocketOption SendBuffer => new(SolSocket, 7);

    /// <summary>SO_RCVBUF. The kernel caps it at net.core.rmem_max, and reports twice the value: <see cref="SocketTuning"/>.</summary>
    public static SocketOption ReceiveBuffer => new(SolSocket, 8);

    /// <summary>SO_KEEPALIVE: <see cref="KeepAliveProbes"/>.</summary>
    public static SocketOption KeepAlive => new(SolSocket, 9);

    /// <summary>SO_OOBINLINE: urgent bytes stay in the stream. Without it, the kernel takes a byte out of the relayed stream.</summary>
    public static SocketOption OutOfBandInline => new(SolSocket, 10);

    /// <summary>SO_LINGER.</summary>
    public static SocketOption Linger => new(SolSocket, 13);

    /// <summary>SO_REUSEPORT: several sockets share a port, and the kernel spreads connections over them.</summary>
    public static SocketOption ReusePort => new(SolSocket, 15);

    /// <summary>SO_PEERCRED of a unix socket: struct ucred (process, user, group) of the process at the other end.</summary>
    public static SocketOption PeerCredentials => new(SolSocket, 17);

    /// <summary>SO_ACCEPTCONN: 1 for a socket that listens.</summary>
    public static SocketOption AcceptConnections => new(SolSocket, 30);

    /// <summary>
    /// SO_MARK: the mark of the socket's packets, for netfilter and <c>ip rule</c>. Needs CAP_NET_ADMIN, or CAP_NET_RAW since Linux 5.17.
    /// </summary>
    public static SocketOption Mark => new(SolSocket, 36);

    /// <summary>SO_DOMAIN: the address family.</summary>
    public static SocketOption Domain => new(SolSocket, 39);

    /// <summary>
    /// SO_BINDTOIFINDEX: the index of the interface (VRF) that the socket is bound to; 0: none. Since Linux 5.0. The kernel may set it on
    /// an accepted socket (net.ipv4.tcp_l3mdev_accept).
    /// </summary>
    public static SocketOption BoundDevice => new(SolSocket, 62);

    /// <summary>TCP_NODELAY: no Nagle delay.</summary>
    public static SocketOption NoDelay => new(IPProtoTcp, 1);

    /// <summary>Seconds of silence before the first keep-alive probe.</summary>
    public static SocketOption KeepIdle => new(IPProtoTcp, 4);

    /// <summary>Seconds between keep-alive probes.</summary>
    public static SocketOption KeepInterval => new(IPProtoTcp, 5);

    /// <summary>Unanswered keep-alive probes until the connection counts as dead.</summary>
    public static SocketOption KeepCount => new(IPProtoTcp, 6);

    /// <summary>TCP_INFO: struct tcp_info, whose first byte is the connection's state (net/tcp_states.h).</summary>
    public static SocketOption TcpInfo => new(IPProtoTcp, 11);

    /// <summary>TCP_QUICKACK: 0 delays the next acknowledgements.</summary>
    public static SocketOption QuickAck => new(IPProtoTcp, 12);

    /// <summary>
    /// TCP_USER_TIMEOUT: milliseconds for which data that was sent may stay unacknowledged, or a peer may keep its window closed.
    /// </summary>
    public static SocketOption UserTimeout => new(IPProtoTcp, 18);

    /// <summary>TCP_SAVE_SYN on a listening socket: keeps the headers of each connection's SYN. Needs no right.</summary>
    public static SocketOption SaveSyn => new(IPProtoTcp, 27);

    /// <summary>TCP_SAVED_SYN on an accepted socket: the IP and TCP headers of its SYN. They can be read once.</summary>
    public static SocketOption SavedSyn => new(IPProtoTcp, 28);

    /// <summary>IP_TOS: the byte with the DSCP of IPv4 packets, also of an IPv6 socket's IPv4 connections.</summary>
    public static SocketOption TypeOfService => new(IPProtoIP, 1);

    /// <summary>
    /// IP_BIND_ADDRESS_NO_PORT: the kernel chooses the port at connect, by the whole four-tuple. This gives 64 k connections per
    /// destination instead of in total. Also works on IPv6 sockets.
    /// </summary>
    public static SocketOption BindAddressNoPort => new(IPProtoIP, 24);

    /// <summary>IPV6_TCLASS: the byte with the DSCP of IPv6 packets.</summary>
    public static SocketOption TrafficClass => new(IPProtoIPv6, 67);

    /// <summary>IPV6_V6ONLY.</summary>
    public static SocketOption OnlyV6 => new(IPProtoIPv6, 26);

    /// <summary>
    /// IP_TRANSPARENT: allows a bind to a foreign address. Needs CAP_NET_RAW or CAP_NET_ADMIN; EPERM comes from this option, not from bind.
    /// </summary>
    public static SocketOption Transparent(AddressFamily family) =>
        family == AddressFamily.InterNetworkV6 ? new(IPProtoIPv6, 75) : new(IPProtoIP, 19);

    /// <summary>
    /// The client's destination before REDIRECT (linux/netfilter_ipv4.h: SO_ORIGINAL_DST; IP6T_SO_ORIGINAL_DST). The family is that of the
    /// client, even on the IPv6 socket of an IPv4 client.
    /// </summary>
    public static SocketOption OriginalDestination(AddressFamily family) =>
        new(family == AddressFamily.InterNetworkV6 ? IPProtoIPv6 : IPProtoIP, 80);
}
