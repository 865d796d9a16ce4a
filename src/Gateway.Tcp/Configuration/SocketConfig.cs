namespace Gateway.Tcp.Configuration;

/// <summary>
/// Options of TCP sockets: of the clients' connections (<c>Listeners:NAME:Socket</c>), or of the backends' connections
/// (<c>TcpProxy:Clusters:NAME:Socket</c>).
/// </summary>
public sealed record SocketConfig
{
    /// <summary>
    /// SO_SNDBUF in bytes, 4096 to 1 GiB. The kernel doubles it for its own use and caps it at <c>net.core.wmem_max</c>. Defaults to null:
    /// the kernel tunes the buffer of each connection by its round trip (<c>net.ipv4.tcp_wmem</c>), which a fixed size switches off.
    /// </summary>
    public int? SendBufferBytes { get; init; }

    /// <summary>
    /// SO_RCVBUF in bytes, 4096 to 1 GiB. The kernel doubles it for its own use and caps it at <c>net.core.rmem_max</c>. Defaults to null:
    /// the kernel tunes the buffer (<c>net.ipv4.tcp_rmem</c>), as with <see cref="SendBufferBytes"/>.
    /// </summary>
    public int? ReceiveBufferBytes { get; init; }

    /// <summary>
    /// The DSCP of the gateway's packets (IP_TOS, IPV6_TCLASS), 0 to 63. Defaults to null: the kernel's, which is 0. Linux only.
    /// </summary>
    public int? Dscp { get; init; }
}
