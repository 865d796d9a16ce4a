using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>How to listen.</summary>
internal sealed record TcpListenOptions
{
    /// <summary>Length of the accept queue. Defaults to 4096: the kernel caps it at net.core.somaxconn.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>
    /// For an IPv6 any-address: also take IPv4 (then seen as v4-mapped by the kernel, unmapped by the engine). Defaults to false.
    /// </summary>
    public bool DualMode { get; init; }

    /// <summary>Keep-alive probes on accepted sockets; null: off.</summary>
    public TcpKeepAlive? KeepAlive { get; init; }

    /// <summary>
    /// Segments of each connection whose TCP options are kept for <see cref="TcpConnection.ReadOptions"/>. Those behind the SYN are, if the
    /// engine was enabled for it. Defaults to none.
    /// </summary>
    public OptionCarriers Options { get; init; }

    /// <summary>
    /// IP_TRANSPARENT: also takes connections to addresses that are not this host's, when tproxy diverts them here. Defaults to false.
    /// </summary>
    public bool Transparent { get; init; }

    /// <summary>SO_MARK of the listener and of what it accepts. Defaults to 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>Told each time accepting had to pause (EMFILE, ENFILE, ENOBUFS, ENOMEM; ENOSPC: no epoll watch left).</summary>
    public Action<SocketError>? OnAcceptError { get; init; }

    /// <summary>
    /// Told of each connection that was accepted and closed at once, since it had one of the last descriptors
    /// (<see cref="DescriptorReserve"/>).
    /// </summary>
    public Action? OnTurnedAway { get; init; }
}
