using Gateway.Tcp.Engines;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tcp.AcceptThroughKestrel;

/// <summary>An engine's connection as Kestrel sees it: without a transport, since no Kestrel byte loop may read it.</summary>
internal sealed class EngineConnectionContext : DefaultConnectionContext, ITcpConnectionFeature
{
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
        Features.Set<ITcpConnectionFeature>(this);
    }

    public TcpConnection Connection { get; }

    public ListenerState Listener { get; }

    public long Number { get; }

    /// <summary>Kestrel aborts what outlives its drain.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Connection.Abort(RelayEnd.Drain);
        base.Abort(abortReason);
    }

    public override async ValueTask DisposeAsync()
    {
        // The pipeline has closed it, unless it was never run.
        Connection.Close();
        await base.DisposeAsync();
    }
}
