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
