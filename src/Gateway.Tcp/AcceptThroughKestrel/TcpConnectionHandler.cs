using Gateway.Tcp.Pipeline;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tcp.AcceptThroughKestrel;

/// <summary>Runs the pipeline for connections that come through Kestrel.</summary>
public sealed class TcpConnectionHandler : ConnectionHandler
{
    private readonly ConnectionPipeline _pipeline;

    internal TcpConnectionHandler(ConnectionPipeline pipeline) => _pipeline = pipeline;

    /// <summary>Carries a connection of the data plane's own listener factory to its end.</summary>
    /// <exception cref="InvalidOperationException">
    /// The connection does not belong to the data plane, because the handler was put behind a foreign endpoint.
    /// </exception>
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var feature = connection.Features.Get<ITcpConnectionFeature>()
            ?? throw new InvalidOperationException($"Connection {connection.ConnectionId} is not one of the TCP data plane.");
        return _pipeline.RunAsync(feature.Connection, feature.Listener, feature.Number);
    }
}
