using System.Net;
using Gateway.Linux;

namespace Gateway.Tcp.Engines;

/// <summary>A bound listening socket (or one per event loop).</summary>
public interface ITcpEngineListener : IAsyncDisposable
{
    /// <summary>The bound address. The port is the real port, even if port 0 was asked for.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>
    /// Starts accepting. <paramref name="onAccepted"/> owns each connection; it runs on the engine's own thread and must not block.
    /// A shortage of descriptors or memory is counted and retried, never thrown.
    /// </summary>
    void Start(Action<TcpConnection> onAccepted);

    /// <summary>
    /// Other descriptors of the listening sockets, for the listener that takes their place. The listener stays as it is. Empty: it has
    /// stopped, or the system is not Linux.
    /// </summary>
    IReadOnlyList<ListeningDescriptor> Share();

    /// <summary>
    /// Stops accepting and closes the listening sockets. Connections that the kernel has already completed are handed over first.
    /// </summary>
    ValueTask StopAsync();
}
