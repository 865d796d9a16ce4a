using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>
/// A socket option by name: every number that the gateway uses is declared here (values of asm-generic, used by x64 and arm64; linux/in.h,
/// linux/in6.h, linux/tcp.h). For managed sockets: <see cref="ManagedSocketOptions"/>.
/// </summary>
/// <param name="Level">SOL_SOCKET or a protocol.</param>
/// <param name="Name">The option's number at that level.</param>
public readonly record struct SocketOption(int Level, int Name)
{
    private const int SolSocket = 1;
    private const int IPProtoIP = 0;
    private const int IPProtoTcp = 6;
    private const int IPProtoIPv6 = 41;

    /// <summary>SO_REUSEADDR.</summary>
    public static SocketOption ReuseAddress => new(SolSocket, 2);

    /// <summary>SO_ERROR: a pending error, told once.</summary>
    public static SocketOption Error => new(SolSocket, 4);

    /// <summary>SO_KEEPALIVE: <see cref="KeepAliveProbes"/>.</summary>
    public static SocketOption KeepAlive => new(SolSocket, 9);

    /// <summary>Urgent bytes stay in the stream; without it the kernel takes one byte out of what we relay.</summary>
    public static SocketOption OutOfBandInline => new(SolSocket, 10);

    /// <summary>SO_LINGER.</summary>
    public static SocketOption Linger => new(SolSocket, 13);

    /// <summary>SO_REUSEPORT: several sockets share a port, and the kernel spreads connections over them.</summary>
    public static SocketOption ReusePort => new(SolSocket, 15);

    /// <summary>
    /// The mark of the socket's packets, for netfilter and <c>ip rule</c>. CAP_NET_ADMIN, since Linux 5.17 CAP_NET_RAW also.
    /// </summary>
    public static SocketOption Mark => new(SolSocket, 36);

    /// <summary>
    /// Index of the interface (VRF) that the socket is bound to; 0: none. Since Linux 5.0. An accepted socket may have one that nobody set
    /// (net.ipv4.tcp_l3mdev_accept).
    /// </summary>
    public static SocketOption BoundDevice => new(SolSocket, 62);

    /// <summary>TCP_NODELAY: no Nagle delay.</summary>
    public static SocketOption NoDelay => new(IPProtoTcp, 1);

    /// <summary>Seconds of silence before the first keep-alive probe.</summary>
    public static SocketOption KeepIdle => new(IPProtoTcp, 4);

    /// <summary>Seconds between keep-alive probes.</summary>
    public static SocketOption KeepInterval => new(IPProtoTcp, 5);

    /// <summary>Unanswered keep-alive probes until the connection is dead.</summary>
    public static SocketOption KeepCount => new(IPProtoTcp, 6);

    /// <summary>TCP_INFO: struct tcp_info, whose first byte is the connection's state (net/tcp_states.h).</summary>
    public static SocketOption TcpInfo => new(IPProtoTcp, 11);

    /// <summary>TCP_QUICKACK: 0 delays the acknowledgements that come next.</summary>
    public static SocketOption QuickAck => new(IPProtoTcp, 12);

    /// <summary>On a listening socket: the headers of each connection's SYN are kept. No right is needed.</summary>
    public static SocketOption SaveSyn => new(IPProtoTcp, 27);

    /// <summary>On an accepted socket: the IP and TCP headers of its SYN, once; then they are freed.</summary>
    public static SocketOption SavedSyn => new(IPProtoTcp, 28);

    /// <summary>
    /// The port is chosen at connect, by the whole 4-tuple: 64 k connections per destination instead of in total. Also works on IPv6
    /// sockets.
    /// </summary>
    public static SocketOption BindAddressNoPort => new(IPProtoIP, 24);

    /// <summary>IPV6_V6ONLY.</summary>
    public static SocketOption OnlyV6 => new(IPProtoIPv6, 26);

    /// <summary>
    /// Bind to an address that is not ours (IP_TRANSPARENT). CAP_NET_RAW or CAP_NET_ADMIN; EPERM comes here, not at bind.
    /// </summary>
    public static SocketOption Transparent(AddressFamily family) =>
        family == AddressFamily.InterNetworkV6 ? new(IPProtoIPv6, 75) : new(IPProtoIP, 19);

    /// <summary>
    /// Where the client connected to before REDIRECT (linux/netfilter_ipv4.h: SO_ORIGINAL_DST; IP6T_SO_ORIGINAL_DST). The family is the
    /// client's, also on the IPv6 socket of an IPv4 client.
    /// </summary>
    public static SocketOption OriginalDestination(AddressFamily family) =>
        new(family == AddressFamily.InterNetworkV6 ? IPProtoIPv6 : IPProtoIP, 80);
}
