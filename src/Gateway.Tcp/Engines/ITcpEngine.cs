using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>
/// One way to move TCP bytes: it accepts, reads what comes before the relay, dials and relays. Two exist, behind one test suite:
/// <c>Linux</c> (epoll loops on raw descriptors) and <c>Portable</c> (managed sockets). No operation of .NET's own socket
/// engine ever waits on a descriptor that the Linux engine carries.
/// </summary>
public interface ITcpEngine : IAsyncDisposable
{
    /// <summary>The engine's name as in configuration and logs.</summary>
    string Name { get; }

    /// <summary>
    /// Makes it possible to write TCP options (<see cref="ConnectRequest.ClientOption"/>) and to keep those of handshakes and first data
    /// (<see cref="OptionCarriers.Ack"/>, <see cref="OptionCarriers.Data"/>), for as long as the engine lives. From any thread; does nothing if it is possible already.
    /// </summary>
    /// <returns>Null, or what is missing and the cure.</returns>
    string? EnableOptions();

    /// <summary>As <see cref="TcpListenOptions.Options"/>, for a listening socket of another owner (an HTTP server's), before it listens.</summary>
    /// <exception cref="SocketException">They cannot be kept.</exception>
    void KeepOptions(Socket listener, OptionCarriers carriers);

    /// <summary>As <see cref="TcpConnection.ReadOptions"/>, for a connection of such a socket.</summary>
    int ReadOptions(Socket connection, OptionCarriers carrier, Span<byte> options);

    /// <summary>Binds and listens; nothing is accepted before <see cref="ITcpEngineListener.Start"/>.</summary>
    /// <exception cref="SocketException">The address cannot be had, e.g. the port is in use; or options cannot be kept.</exception>
    ITcpEngineListener Bind(IPEndPoint endPoint, TcpListenOptions options);
}

/// <summary>A bound listening socket (or one per event loop).</summary>
public interface ITcpEngineListener : IAsyncDisposable
{
    /// <summary>The bound address; the port is the real one also when 0 was asked for.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>
    /// Starts accepting. <paramref name="onAccepted"/> owns each connection; it runs on the engine's own thread and must not block.
    /// Running out of descriptors or memory is counted and retried, never thrown.
    /// </summary>
    void Start(Action<TcpConnection> onAccepted);

    /// <summary>Stops accepting and closes the listening sockets. Connections that the kernel has already completed are handed over first.</summary>
    ValueTask StopAsync();
}

/// <summary>How to listen.</summary>
public sealed record TcpListenOptions
{
    /// <summary>Length of the accept queue. Defaults to 4096: the kernel caps it at net.core.somaxconn.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>For an IPv6 any-address: also take IPv4 (then seen as v4-mapped by the kernel, unmapped by the engine). Defaults to false.</summary>
    public bool DualMode { get; init; }

    /// <summary>Keep-alive probes on accepted sockets; null: off.</summary>
    public TcpKeepAlive? KeepAlive { get; init; }

    /// <summary>
    /// Segments of each connection whose TCP options are kept for <see cref="TcpConnection.ReadOptions"/>. Those behind the SYN are, if the engine was enabled for it. Defaults to
    /// none.
    /// </summary>
    public OptionCarriers Options { get; init; }

    /// <summary>IP_TRANSPARENT: also takes connections to addresses that are not this host's, when tproxy diverts them here. Defaults to false.</summary>
    public bool Transparent { get; init; }

    /// <summary>SO_MARK of the listener and of what it accepts. Defaults to 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>Told each time accepting had to pause (EMFILE, ENFILE, ENOBUFS, ENOMEM; ENOSPC: no epoll watch left).</summary>
    public Action<SocketError>? OnAcceptError { get; init; }

    /// <summary>Told of each connection that was accepted and closed at once, since it had one of the last descriptors (<see cref="DescriptorReserve"/>).</summary>
    public Action? OnTurnedAway { get; init; }
}

/// <summary>TCP keep-alive (SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT).</summary>
/// <param name="Time">Silence before the first probe; under 240 s, since load balancers forget idle flows at 240–350 s.</param>
/// <param name="Interval">Time between probes.</param>
/// <param name="Retries">Unanswered probes until the connection is dead.</param>
public sealed record TcpKeepAlive(TimeSpan Time, TimeSpan Interval, int Retries);
