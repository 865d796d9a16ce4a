namespace Gateway.Linux;

/// <summary>A socket option's level and name (values of asm-generic, used by x64 and arm64).</summary>
internal readonly record struct SocketOption(int Level, int Name)
{
    private const int SolSocket = 1;
    private const int IPProtoIP = 0;
    private const int IPProtoTcp = 6;
    private const int IPProtoIPv6 = 41;

    internal static SocketOption ReuseAddress => new(SolSocket, 2);

    internal static SocketOption Error => new(SolSocket, 4);

    internal static SocketOption KeepAlive => new(SolSocket, 9);

    /// <summary>Urgent bytes stay in the stream; without it the kernel takes one byte out of what we relay.</summary>
    internal static SocketOption OutOfBandInline => new(SolSocket, 10);

    internal static SocketOption Linger => new(SolSocket, 13);

    internal static SocketOption ReusePort => new(SolSocket, 15);

    /// <summary>The mark of the socket's packets, for netfilter and <c>ip rule</c>. CAP_NET_ADMIN, since Linux 5.17 CAP_NET_RAW also.</summary>
    internal static SocketOption Mark => new(SolSocket, 36);

    /// <summary>
    /// Index of the interface (VRF) that the socket is bound to; 0: none. Since Linux 5.0. An accepted socket may have one that nobody set
    /// (net.ipv4.tcp_l3mdev_accept).
    /// </summary>
    internal static SocketOption BoundDevice => new(SolSocket, 62);

    internal static SocketOption NoDelay => new(IPProtoTcp, 1);

    /// <summary>Seconds of silence before the first keep-alive probe.</summary>
    internal static SocketOption KeepIdle => new(IPProtoTcp, 4);

    /// <summary>Seconds between keep-alive probes.</summary>
    internal static SocketOption KeepInterval => new(IPProtoTcp, 5);

    internal static SocketOption KeepCount => new(IPProtoTcp, 6);

    /// <summary>On a listening socket: the headers of each connection's SYN are kept. No right is needed.</summary>
    internal static SocketOption SaveSyn => new(IPProtoTcp, 27);

    /// <summary>On an accepted socket: the IP and TCP headers of its SYN, once; then they are freed.</summary>
    internal static SocketOption SavedSyn => new(IPProtoTcp, 28);

    /// <summary>Bind to an address that is not ours. CAP_NET_RAW or CAP_NET_ADMIN; EPERM comes here, not at bind.</summary>
    internal static SocketOption TransparentV4 => new(IPProtoIP, 19);

    /// <summary>The port is chosen at connect, by the whole 4-tuple: 64 k connections per destination instead of in total. Also works on IPv6 sockets.</summary>
    internal static SocketOption BindAddressNoPort => new(IPProtoIP, 24);

    internal static SocketOption OnlyV6 => new(IPProtoIPv6, 26);

    /// <summary>As <see cref="TransparentV4"/>, for IPv6.</summary>
    internal static SocketOption TransparentV6 => new(IPProtoIPv6, 75);

    /// <summary>Where the client connected to before REDIRECT (linux/netfilter_ipv4.h: SO_ORIGINAL_DST). Also on the IPv6 socket of an IPv4 client.</summary>
    internal static SocketOption OriginalDestinationV4 => new(IPProtoIP, 80);

    /// <summary>As <see cref="OriginalDestinationV4"/>, for IPv6 (IP6T_SO_ORIGINAL_DST).</summary>
    internal static SocketOption OriginalDestinationV6 => new(IPProtoIPv6, 80);
}
