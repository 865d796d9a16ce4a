using System.Net;
using Gateway.Linux;
using Gateway.Tcp.Engines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Http.Transport;

/// <summary>
/// Accepts HTTP connections on the loops of an engine, and runs Kestrel's pipeline for them there. So a request does not change its thread.
/// Kestrel itself accepts one connection, the <see cref="Carrier"/>.
/// </summary>
/// <param name="bound">The listening sockets.</param>
/// <param name="loops">The engine's loops.</param>
/// <param name="onAccepted">Called with each connection before Kestrel gets it, on its loop.</param>
/// <param name="metrics">Counts connections as Kestrel does.</param>
/// <param name="logger">For faults.</param>
internal sealed partial class EngineListener(
    ITcpEngineListener bound,
    IReadOnlyList<EngineLoop> loops,
    Action<ConnectionContext> onAccepted,
    ServerConnectionMetrics metrics,
    ILogger logger) : IHttpSocketListener
{
    private readonly LoopConnections[] _connections = [.. loops.Select(static loop => new LoopConnections(loop))];
    private readonly TaskCompletionSource _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private KeyValuePair<Type, object>[] _ofCarrier = [];
    private ConnectionDelegate? _next;

    // The listener counts as one until it is unbound.
    private int _open = 1;
    private int _hasCarrier;
    private int _isUnbound;

    /// <inheritdoc/>
    public IPEndPoint LocalEndPoint => bound.LocalEndPoint;

    /// <inheritdoc/>
    EndPoint IConnectionListener.EndPoint => bound.LocalEndPoint;

    /// <inheritdoc/>
    public IReadOnlyList<ListeningDescriptor> Share() => bound.Share();

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <summary>Gives Kestrel the carrier, once. The next call ends when the listener is unbound.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _hasCarrier, 1) == 0)
        {
            return new Carrier(LocalEndPoint, AbortAll);
        }

        await _unbound.Task;
        return null;
    }

    /// <summary>
    /// The first middleware of Kestrel's pipeline: takes the carrier, accepts connections, and runs the rest of the pipeline for each of
    /// them. Ends when the listener is unbound and all connections have ended.
    /// </summary>
    /// <param name="carrier">The carrier, with the features that Kestrel has given it.</param>
    /// <param name="next">The rest of the pipeline.</param>
    public async Task RunAsync(ConnectionContext carrier, ConnectionDelegate next)
    {
        // Kestrel adds tags to this feature's list, which is made for one connection: two loops would change the list at the same time.
        carrier.Features.Set<IConnectionMetricsTagsFeature>(null);
        (_ofCarrier, _next) = (EngineFeatures.OfCarrier(carrier.Features), next);
        metrics.CarrierBegins();
        carrier.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static self => ((EngineListener)self).Beat(), this);
        await using var closing = carrier.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            .UnsafeRegister(static self => ((EngineListener)self!).RequestCloseOfAll(), this) ?? default;
        bound.Start(OnAccepted);
        await _empty.Task;
        metrics.CarrierEnds();
    }

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await bound.StopAsync();
        if (Interlocked.Exchange(ref _isUnbound, 1) == 0)
        {
            _unbound.TrySetResult();
            Leave();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync();

    private void OnAccepted(TcpConnection accepted)
    {
        if (accepted.OpenPipes() is not { } pipes)
        {
            accepted.Reset();
            return;
        }

        var connection = new EngineConnection(accepted, pipes, _ofCarrier);
        onAccepted(connection);
        Interlocked.Increment(ref _open);
        _ = RunAsync(connection, _connections[pipes.CarriedBy.Index]);
    }

    private async Task RunAsync(EngineConnection connection, LoopConnections place)
    {
        place.Add(connection);
        var began = metrics.Started();
        try
        {
            await _next!(connection);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            Log.Fault(logger, fault, connection.ConnectionId);
            connection.Abort();
        }

        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            Log.Fault(logger, fault, connection.ConnectionId);
        }

        metrics.Ended(began);
        await connection.Loop.EnterAsync();
        if (connection.Loop.IsCurrent)
        {
            // Otherwise the loop has ended, and nobody reads its list any more.
            place.Remove(connection);
        }

        Leave();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _empty.TrySetResult();
        }
    }

    private void Beat()
    {
        foreach (var connections in _connections)
        {
            connections.Beat();
        }
    }

    private void RequestCloseOfAll()
    {
        foreach (var connections in _connections)
        {
            connections.ForEach(static connection => connection.RequestClose());
        }
    }

    private void AbortAll()
    {
        foreach (var connections in _connections)
        {
            connections.ForEach(static connection => connection.Abort());
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2110, LogLevel.Error, "Unhandled exception while processing {ConnectionId}")]
        public static partial void Fault(ILogger logger, Exception fault, string connectionId);
    }
}
