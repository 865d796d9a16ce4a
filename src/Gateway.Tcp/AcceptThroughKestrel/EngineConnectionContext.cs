using Gateway.Tcp.Engines;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tcp.AcceptThroughKestrel;

/// <summary>A connection of an engine, as Kestrel sees it. It has no transport, because Kestrel must not read its bytes.</summary>
internal sealed class EngineConnectionContext : DefaultConnectionContext, ITcpConnectionFeature
{
    // In place of the base's, which is disposed of while an abort may still be queued to the thread pool, where its exception would end the
    // process (ASP.NET Core 10). Not disposed, because it has no timer.
    private readonly CancellationTokenSource _closed = new();

    public EngineConnectionContext(TcpConnection connection, ListenerState listener)
        : this(connection, listener, ConnectionIds.NextNumber())
    {
    }

    private EngineConnectionContext(TcpConnection connection, ListenerState listener, long number)
        : base(ConnectionIds.Of(number))
    {
        Number = number;
        Connection = connection;
        Listener = listener;
        RemoteEndPoint = connection.RemoteEndPoint;
        LocalEndPoint = connection.LocalEndPoint;
        ConnectionClosed = _closed.Token;
        Features.Set<ITcpConnectionFeature>(this);
    }

    public TcpConnection Connection { get; }

    public ListenerState Listener { get; }

    public long Number { get; }

    /// <summary>Kestrel calls this for connections that outlive its drain.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Connection.Abort(CloseReason.Drain);
        ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), _closed, preferLocal: false);
    }

    public override async ValueTask DisposeAsync()
    {
        // The pipeline has closed the connection already, unless the pipeline never ran.
        Connection.Close();
        await base.DisposeAsync();
    }
}
