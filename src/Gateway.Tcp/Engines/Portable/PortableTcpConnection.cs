using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Linux;
using Gateway.Tcp.Networks;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>A connection over a managed socket. Its operations continue on any thread of the thread pool.</summary>
internal sealed class PortableTcpConnection : TcpConnection
{
    private const int NotAborted = -1;

    // The time until a client's reset is noticed while a name is resolved. .NET reports a reset only to a pending receive. A receive
    // completes with the client's first bytes, so it cannot wait for a reset behind them.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly PortableTcpEngine _engine;
    private volatile CancellationTokenSource? _waiting;
    private int _abortReason = NotAborted;

    public PortableTcpConnection(Socket socket, PortableTcpEngine engine)
    {
        _socket = socket;
        _engine = engine;
        RemoteEndPoint = PeerEndPoint.Of(socket.RemoteEndPoint);
        // Read now, because the address of a closed socket cannot be read. The address may differ from that of the listener.
        LocalEndPoint = PeerEndPoint.Unmap((IPEndPoint)socket.LocalEndPoint!);
        engine.Opened(this);
    }

    /// <summary>The connection's socket.</summary>
    internal Socket Socket => _socket;

    public override IPEndPoint RemoteEndPoint { get; }

    public override IPEndPoint LocalEndPoint { get; }

    public override CloseReason? AbortReason => Volatile.Read(ref _abortReason) is >= 0 and var reason ? (CloseReason)reason : null;

    public override int BoundDevice => Gateway.Linux.BoundDevice.Of(_socket);

    internal override TimeProvider Time => _engine.Time;

    private bool IsAborted => Volatile.Read(ref _abortReason) != NotAborted;

    public override IPEndPoint? ReadRedirectedDestination() =>
        SocketSettings.ReadOriginalDestination(_socket, RemoteEndPoint.AddressFamily);

    public override ValueTask EnterAsync() => ValueTask.CompletedTask;

    public override async ValueTask<SocketError> WaitReadableAsync(TimeSpan timeout)
    {
        CancellationTokenSource? limit = null;
        try
        {
            var pending = _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, LimitFor(timeout, out limit));
            await pending;
            return IsAborted ? SocketError.OperationAborted : SocketError.Success;
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }
        catch (SocketException error)
        {
            return IsAborted ? SocketError.OperationAborted : error.SocketErrorCode;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
        }
        finally
        {
            limit?.Dispose();
        }
    }

    public override bool MayHaveBytes
    {
        get
        {
            try
            {
                return _socket.Available > 0;
            }
            catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
            {
                // Receive returns the error.
                return true;
            }
        }
    }

    // Asked without reading SO_ERROR, because a read of the error would clear it, and a later reader would take the reset for FIN.
    internal override bool HasReset
    {
        get
        {
            try
            {
                return _socket.HasError();
            }
            catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    public override IoResult Receive(Span<byte> buffer)
    {
        try
        {
            var received = _socket.Receive(buffer, SocketFlags.None, out var error);
            return new IoResult(error == SocketError.Success ? received : 0, Name(error));
        }
        catch (ObjectDisposedException)
        {
            return new IoResult(0, SocketError.OperationAborted);
        }
    }

    public override async ValueTask<IoResult> SendAllAsync(ReadOnlyMemory<byte> data, TimeSpan timeout)
    {
        var sent = 0;
        CancellationTokenSource? limit = null;
        try
        {
            sent = _socket.Send(data.Span, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                return new IoResult(0, Name(error));
            }

            sent = error == SocketError.Success ? sent : 0;
            if (sent < data.Length)
            {
                var token = LimitFor(timeout, out limit);
                while (sent < data.Length)
                {
                    sent += await _socket.SendAsync(data[sent..], SocketFlags.None, token);
                }
            }

            return new IoResult(sent, SocketError.Success);
        }
        catch (OperationCanceledException)
        {
            return new IoResult(sent, SocketError.TimedOut);
        }
        catch (SocketException error)
        {
            return new IoResult(sent, Name(error.SocketErrorCode));
        }
        catch (ObjectDisposedException)
        {
            return new IoResult(sent, SocketError.OperationAborted);
        }
        finally
        {
            limit?.Dispose();
        }
    }

    public override async ValueTask<ConnectResult> ConnectAsync(ConnectRequest request)
    {
        using var limit = new CancellationTokenSource(request.Timeout, _engine.Time);
        _waiting = limit;
        var result = IsAborted
            ? new ConnectResult(null, ConnectFailure.Aborted, SocketError.OperationAborted)
            : await SocketConnector.ConnectAsync(request, _engine.OwnListeners, prepare: null, limit.Token);
        _waiting = null;
        if (!IsAborted)
        {
            return result.Socket is { } socket
                ? new ConnectResult(new PortableTcpConnection(socket, _engine), ConnectFailure.None, SocketError.Success)
                : result;
        }

        result.Socket?.Close(0);
        return new ConnectResult(null, ConnectFailure.Aborted, SocketError.OperationAborted);
    }

    public override async ValueTask<SocketError> WaitForAsync(Task task)
    {
        using var abort = new CancellationTokenSource();
        _waiting = abort;
        var hasFailed = false;
        while (!IsAborted && !task.IsCompleted && !(hasFailed = HasFailed()))
        {
            await task.WaitAsync(LookInterval, _engine.Time, abort.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _waiting = null;
        return IsAborted ? SocketError.OperationAborted : hasFailed ? SocketError.ConnectionReset : SocketError.Success;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<SocketError> AwaitBytesAsync()
    {
        try
        {
            _ = await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            return Name(error.SocketErrorCode);
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
        }
    }

    public override ValueTask<IoResult> ReadAsync(Memory<byte> buffer) => new(Receive(buffer.Span));

    public override ValueTask<IoResult> WriteAsync(ReadOnlyMemory<byte> data)
    {
        try
        {
            var sent = _socket.Send(data.Span, SocketFlags.None, out var error);
            return error == SocketError.WouldBlock
                ? WaitAndWriteAsync(data)
                : new(error == SocketError.Success ? new IoResult(sent, error) : new IoResult(0, Name(error)));
        }
        catch (ObjectDisposedException)
        {
            return new(new IoResult(0, SocketError.OperationAborted));
        }
    }

    public override ValueTask<SocketError> ShutdownSendAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return new(SocketError.Success);
        }
        catch (SocketException error)
        {
            return new(Name(error.SocketErrorCode));
        }
        catch (ObjectDisposedException)
        {
            return new(SocketError.OperationAborted);
        }
    }

    public override void Abort(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _abortReason, (int)reason, NotAborted) != NotAborted)
        {
            return;
        }

        Reset();
        try
        {
            _waiting?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The wait ended at this moment. It reads the abort reason next.
        }
    }

    public override void Close()
    {
        _engine.Closed(this);
        _socket.Dispose();
    }

    public override void Reset()
    {
        _engine.Closed(this);
        // A close timeout of zero means linger zero: RST.
        _socket.Close(0);
    }

    internal override void Report(Exception fault) => _engine.Report(fault);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<IoResult> WaitAndWriteAsync(ReadOnlyMemory<byte> data)
    {
        try
        {
            return new IoResult(await _socket.SendAsync(data, SocketFlags.None), SocketError.Success);
        }
        catch (SocketException error)
        {
            return new IoResult(0, Name(error.SocketErrorCode));
        }
        catch (ObjectDisposedException)
        {
            return new IoResult(0, SocketError.OperationAborted);
        }
    }

    // SO_ERROR says whether the peer has reset. Reading SO_ERROR clears it, which does no harm, because a connection with an error is not
    // used any more.
    private bool HasFailed()
    {
        try
        {
            return _socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0;
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    // A wait without limit needs no source and no timer.
    private CancellationToken LimitFor(TimeSpan timeout, out CancellationTokenSource? source)
    {
        source = timeout == Timeout.InfiniteTimeSpan ? null : new CancellationTokenSource(timeout, _engine.Time);
        return source?.Token ?? CancellationToken.None;
    }

    private SocketError Name(SocketError error) => IsAborted && error != SocketError.Success ? SocketError.OperationAborted : error;
}
