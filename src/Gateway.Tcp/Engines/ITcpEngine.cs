using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>
/// One way to move TCP bytes: it accepts, reads what comes before the relay, dials and relays. Two exist, behind one test suite:
/// <c>Linux</c> (epoll loops on raw descriptors) and <c>Portable</c> (managed sockets). No operation of .NET's own socket
/// engine ever waits on a descriptor that the Linux engine carries.
/// </summary>
internal interface ITcpEngine : IAsyncDisposable
{
    /// <summary>The engine's name as in configuration and logs.</summary>
    string Name { get; }

    /// <summary>Writing and keeping TCP options; null: the engine has no part in handshakes.</summary>
    ITcpOptions? Options { get; }

    /// <summary>Binds and listens; nothing is accepted before <see cref="ITcpEngineListener.Start"/>.</summary>
    /// <exception cref="SocketException">The address cannot be had, e.g. the port is in use; or options cannot be kept.</exception>
    ITcpEngineListener Bind(IPEndPoint endPoint, TcpListenOptions options);
}
