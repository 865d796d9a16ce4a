using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>
/// One way to move TCP bytes: an engine accepts, reads the bytes before the relay, dials and relays. There are two engines, and one test
/// suite tests both: <c>Linux</c> (epoll loops on raw descriptors) and <c>Portable</c> (managed sockets). .NET's own socket engine never
/// waits on a descriptor of the Linux engine.
/// </summary>
internal interface ITcpEngine : IAsyncDisposable
{
    /// <summary>The engine's name as in configuration and logs.</summary>
    string Name { get; }

    /// <summary>Writing and keeping TCP options; null: the engine cannot take part in handshakes.</summary>
    ITcpOptions? Options { get; }

    /// <summary>The threads that can carry a server's and a client's connections (HTTP); empty: the engine has no such threads.</summary>
    IReadOnlyList<EngineLoop> Loops { get; }

    /// <summary>Binds and listens; nothing is accepted before <see cref="ITcpEngineListener.Start"/>.</summary>
    /// <exception cref="SocketException">The address cannot be bound (the port is in use, say), or options cannot be kept.</exception>
    ITcpEngineListener Bind(IPEndPoint endPoint, TcpListenOptions options);
}
