using System.Net;
using System.Threading.Channels;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Pipeline;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tcp.AcceptThroughKestrel;

/// <summary>
/// A bound listener, as Kestrel sees it. <see cref="AcceptAsync"/> never throws, because one exception would end Kestrel's accept loop.
/// </summary>
internal sealed class EngineConnectionListener : IConnectionListener
{
    // As long as the kernel's accept queue. A full queue means that Kestrel takes no connections, and a longer queue would not change that.
    private const int MostWaiting = 4096;

    private readonly Channel<TcpConnection> _accepted =
        Channel.CreateBounded<TcpConnection>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    private readonly BoundTcpListener _listener;
    private readonly ConnectionPipeline _pipeline;

    public EngineConnectionListener(BoundTcpListener listener, ConnectionPipeline pipeline)
    {
        _listener = listener;
        _pipeline = pipeline;
        listener.Start(OnAccepted);
    }

    public EndPoint EndPoint => _listener.EndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (_accepted.Reader.TryRead(out var connection))
            {
                return new EngineConnectionContext(connection, _listener.State);
            }
        }

        return null;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _listener.StopAsync();
        _accepted.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        while (_accepted.Reader.TryRead(out var connection))
        {
            // Kestrel does not call AcceptAsync again, so the pipeline carries this connection without Kestrel.
            _ = _pipeline.RunAsync(connection, _listener.State);
        }
    }

    private void OnAccepted(TcpConnection connection)
    {
        if (!_accepted.Writer.TryWrite(connection))
        {
            _pipeline.RejectOverflow(connection, _listener.State);
        }
    }
}
