using System.IO.Pipelines;
using System.Net;
using Gateway.Tcp.Engines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http.Transport;

/// <summary>
/// An HTTP connection that an engine carries, as Kestrel sees it. Kestrel's own features for a connection (heartbeat, end in order, end)
/// are implemented here, and run on the connection's loop. The other features are those of the <see cref="Carrier"/>.
/// </summary>
internal sealed class EngineConnection :
    ConnectionContext,
    IConnectionIdFeature,
    IConnectionItemsFeature,
    IConnectionTransportFeature,
    IConnectionLifetimeFeature,
    IConnectionEndPointFeature,
    IConnectionHeartbeatFeature,
    IConnectionCompleteFeature,
    IConnectionLifetimeNotificationFeature
{
    private static readonly ConnectionAbortedException Ended = new();

    // A client that sends bytes and FIN while nobody reads has left, if nothing was read between two beats (as DepartureWatch).
    private const int LooksUntilLeft = 2;

    private readonly TcpConnection _connection;
    private readonly ConnectionPipes _pipes;

    // Neither source is disposed, because neither has a timer, and others may ask for the tokens after the end.
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _closeRequested = new();
    private IDictionary<object, object?>? _items;
    private Action<object>? _onHeartbeat;
    private object? _heartbeatState;
    private List<(Action<object> Action, object State)>? _furtherHeartbeats;
    private Stack<(Func<object, Task> Callback, object State)>? _onCompleted;
    private long _receivedAtLook = -1;
    private int _looks;
    private volatile bool _isAborted;

    public EngineConnection(TcpConnection connection, ConnectionPipes pipes, KeyValuePair<Type, object>[] carrier)
    {
        _connection = connection;
        _pipes = pipes;
        Transport = pipes;
        RemoteEndPoint = connection.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        Features = new EngineFeatures(this, carrier);
        Features.Set(connection);
        pipes.OnPeerLeft = OnPeerLeft;
    }

    /// <inheritdoc/>
    public override string ConnectionId { get; set; } = "";

    /// <inheritdoc/>
    public override IFeatureCollection Features { get; }

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    /// <inheritdoc/>
    public override IDuplexPipe Transport { get; set; }

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed { get; set; }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint
    {
        get => field ??= _connection.LocalEndPoint;
        set;
    }

    /// <inheritdoc/>
    public CancellationToken ConnectionClosedRequested
    {
        get => _closeRequested.Token;
        set => throw new NotSupportedException();
    }

    /// <summary>The loop that carries the connection.</summary>
    public EngineLoop Loop => _pipes.CarriedBy;

    /// <summary>The connection's place among those of its loop.</summary>
    public LinkedListNode<EngineConnection>? Place { get; set; }

    /// <inheritdoc/>
    public override void Abort() => Abort(new ConnectionAbortedException());

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        _isAborted = true;
        // In a later round of the loop, because the caller may hold a lock that the code behind a pending read or write needs.
        if (!Loop.RunLater(Reset))
        {
            _connection.Reset();
        }
    }

    /// <inheritdoc/>
    public void OnHeartbeat(Action<object> action, object state)
    {
        if (_onHeartbeat is null)
        {
            (_heartbeatState, _onHeartbeat) = (state, action);
        }
        else
        {
            (_furtherHeartbeats ??= []).Add((action, state));
        }
    }

    /// <inheritdoc/>
    public void RequestClose() => _closeRequested.Cancel();

    /// <inheritdoc/>
    void IConnectionCompleteFeature.OnCompleted(Func<object, Task> callback, object state) =>
        (_onCompleted ??= new()).Push((callback, state));

    /// <summary>Called on the loop about every second: Kestrel's time limits, and clients that have left while nobody reads.</summary>
    public void Beat()
    {
        _onHeartbeat?.Invoke(_heartbeatState!);
        if (_furtherHeartbeats is { } further)
        {
            foreach (var (action, state) in further)
            {
                action(state);
            }
        }

        if (!_pipes.HasUnreadEnd)
        {
            return;
        }

        _looks = _pipes.Received == _receivedAtLook ? _looks + 1 : 0;
        _receivedAtLook = _pipes.Received;
        if (_looks >= LooksUntilLeft)
        {
            Abort(new ConnectionAbortedException("The client has left."));
        }
    }

    /// <summary>Ends the connection after the server has ended with it: in order, unless it was aborted.</summary>
    public override async ValueTask DisposeAsync()
    {
        while (_onCompleted?.TryPop(out var completed) == true)
        {
            await completed.Callback(completed.State);
        }

        if (_isAborted)
        {
            _connection.Reset();
        }

        await _pipes.CloseAsync();
        _pipes.Input.Complete();
        _pipes.Output.Complete(Ended);
        OnPeerLeft();
        await base.DisposeAsync();
    }

    private void Reset()
    {
        _connection.Reset();
        OnPeerLeft();
    }

    private void OnPeerLeft() => _closed.Cancel();
}
