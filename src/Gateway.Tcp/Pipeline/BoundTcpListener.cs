using System.Net;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// A listener whose address is taken. Accept from it directly with <see cref="Start()"/>, or through a server that binds
/// <see cref="EndPoint"/> with <see cref="TcpDataPlane.ConnectionListenerFactory"/>; not both.
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

    /// <summary>The bound address, with the real port.</summary>
    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    /// <summary>This listener as an endpoint that a Kestrel server can be given.</summary>
    public EndPoint EndPoint { get; }

    internal ListenerState State { get; }

    /// <summary>Accepts on the engine's own threads and runs the pipeline there. Once.</summary>
    public void Start() => Start(connection => _ = _pipeline.RunAsync(connection, State));

    /// <summary>
    /// Stops accepting and frees the address. What the kernel has already accepted is carried; live connections go on. May be called again,
    /// and on a listener that was never started.
    /// </summary>
    public ValueTask StopAsync() => _listener.StopAsync();

    internal void Start(Action<TcpConnection> onAccepted) => _listener.Start(onAccepted);
}
