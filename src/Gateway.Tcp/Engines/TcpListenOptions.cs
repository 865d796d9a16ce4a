using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines;

/// <summary>The options of a listener.</summary>
public sealed record TcpListenOptions
{
    /// <summary>Length of the accept queue. Defaults to 4096. The kernel caps it at net.core.somaxconn.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>
    /// For the IPv6 any-address: whether the listener takes IPv4 too. The kernel then reports v4-mapped addresses, and the engine unmaps
    /// them. Defaults to false.
    /// </summary>
    public bool DualMode { get; init; }

    /// <summary>Keep-alive probes on accepted sockets; null: off.</summary>
    public TcpKeepAlive? KeepAlive { get; init; }

    /// <summary>Buffers and DSCP of accepted sockets; null: the kernel's.</summary>
    public TcpSocketOptions? Socket { get; init; }

    /// <summary>TCP_USER_TIMEOUT of accepted sockets; null: the kernel's.</summary>
    public TimeSpan? UserTimeout { get; init; }

    /// <summary>
    /// Segments of each connection whose TCP options are kept for <see cref="TcpConnection.ReadOptions"/>. Options of segments after the
    /// SYN are kept only if the engine was enabled for that. Defaults to none.
    /// </summary>
    public OptionCarriers Options { get; init; }

    /// <summary>
    /// IP_TRANSPARENT: whether the listener also takes connections to foreign addresses, if tproxy diverts them here. Defaults to false.
    /// </summary>
    public bool Transparent { get; init; }

    /// <summary>SO_MARK of the listener and of its accepted connections. Defaults to 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>
    /// Sockets that listen on the address already; the listener takes descriptors of them instead of binding new sockets. The caller
    /// disposes its own descriptors. Defaults to none.
    /// </summary>
    public IReadOnlyList<ListeningDescriptor> Inherited { get; init; } = [];

    /// <summary>Called each time accepting has to pause (EMFILE, ENFILE, ENOBUFS, ENOMEM; ENOSPC: no epoll watch left).</summary>
    public Action<SocketError>? OnAcceptError { get; init; }

    /// <summary>
    /// Called for each connection that was accepted and closed at once, because it had one of the last descriptors
    /// (<see cref="DescriptorReserve"/>).
    /// </summary>
    public Action? OnTurnedAway { get; init; }
}
