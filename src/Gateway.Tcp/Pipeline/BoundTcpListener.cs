using System.Net;
using Gateway.Linux;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// A listener that is bound to its address. Connections are accepted either directly with <see cref="Start()"/>, or through a server that
/// binds <see cref="EndPoint"/> with <see cref="TcpDataPlane.ConnectionListenerFactory"/>; not both.
/// </summary>
public sealed class BoundTcpListener
{
    private readonly ITcpEngineListener _listener;
    private readonly ConnectionPipeline _pipeline;

    internal BoundTcpListener(ITcpEngineListener listener, ListenerState state, ConnectionPipeline pipeline)
    {
        _listener = listener;
        _pipeline = pipeline;
        State = state;
        EndPoint = new TcpListenerEndPoint(this);
    }

    /// <summary>The bound address, with the port that the kernel chose if port 0 was configured.</summary>
    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    /// <summary>This listener as an endpoint for a Kestrel server.</summary>
    public EndPoint EndPoint { get; }

    internal ListenerState State { get; }

    /// <summary>Accepts on the engine's own threads and runs the pipeline there. May be called once.</summary>
    public void Start() => Start(connection => _ = _pipeline.RunAsync(connection, State));

    /// <summary>
    /// Other descriptors of the listening sockets, for the listener that takes their place; empty where sockets cannot be shared. The
    /// caller disposes them.
    /// </summary>
    public IReadOnlyList<ListeningDescriptor> Share() => _listener.Share();

    /// <summary>
    /// Stops accepting and frees the address. Connections that the kernel has already accepted are still served, and live connections go
    /// on. May be called again, and on a listener that was never started.
    /// </summary>
    public ValueTask StopAsync() => _listener.StopAsync();

    internal void Start(Action<TcpConnection> onAccepted) => _listener.Start(onAccepted);
}
