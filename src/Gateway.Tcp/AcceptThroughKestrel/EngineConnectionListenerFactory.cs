using System.Net;
using Gateway.Tcp.Pipeline;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tcp.AcceptThroughKestrel;

/// <summary>
/// Gives Kestrel listeners that are bound already. It takes no other endpoint, so that HTTP stays on Kestrel's own transport.
/// </summary>
internal sealed class EngineConnectionListenerFactory(ConnectionPipeline pipeline)
    : IConnectionListenerFactory,
        IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is TcpListenerEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = endpoint is TcpListenerEndPoint own
            ? own.Listener
            : throw new NotSupportedException($"{endpoint} is not a listener of the TCP data plane.");
        return new(new EngineConnectionListener(listener, pipeline));
    }
}
