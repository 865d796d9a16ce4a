using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Gateway.Linux;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// Reading and writing on a <see cref="LinuxSocket"/> at the same time, one read and one write: for layers over a connection (TLS), for
/// relays with such a layer, and for HTTP (<see cref="LinuxPipes"/>). A wait allocates nothing. May be called from any thread: a call from
/// another thread hops to the loop first, and continues there.
/// </summary>
internal sealed class LinuxDuplex : IValueTaskSource<SocketError>, IValueTaskSource<IoResult>, ILoopWork
{
    private readonly LinuxSocket _socket;
    private ManualResetValueTaskSourceCore<SocketError> _read;
    private ManualResetValueTaskSourceCore<IoResult> _write;
    private ReadOnlyMemory<byte> _unsent;
    private Action? _onBytes;
    private Action? _onRoom;
    private bool _isReading;
    private bool _isWriting;

    internal LinuxDuplex(LinuxSocket socket)
    {
        _socket = socket;
        if (socket.KeepAlive is { } keepAlive)
        {
            SocketOptionSet.StartKeepAlive(socket.Fd, keepAlive);
            socket.KeepAlive = null;
        }
    }

    /// <summary>Called when an end of the peer was reported, after a waiting read has had its turn; maybe more than once.</summary>
    internal Action? OnPeerEnd { get; set; }

    /// <summary>Called when the socket's timer fires.</summary>
    internal Action? OnTimer { get; set; }

    private bool IsElsewhere => !_socket.Loop.IsCurrent && !_socket.Loop.HasEnded;

    internal ValueTask<SocketError> AwaitBytesAsync()
    {
        if (IsElsewhere)
        {
            return HopAndAwaitBytesAsync();
        }

        if (_socket.IsUnusable || _socket.IsReadable)
        {
            return new ValueTask<SocketError>(_socket.IsUnusable ? SocketError.OperationAborted : SocketError.Success);
        }

        _read.Reset();
        _isReading = true;
        return new ValueTask<SocketError>(this, _read.Version);
    }

    internal ValueTask<IoResult> ReadAsync(Memory<byte> buffer)
    {
        if (IsElsewhere)
        {
            return HopAndReadAsync(buffer);
        }

        return new ValueTask<IoResult>(
            _socket.IsUnusable ? new IoResult(0, SocketError.OperationAborted)
            : ResultOf(_socket.IsReadable ? _socket.Receive(buffer.Span) : -Errno.EAGAIN));
    }

    internal ValueTask<IoResult> WriteAsync(ReadOnlyMemory<byte> data)
    {
        if (IsElsewhere)
        {
            return HopAndWriteAsync(data);
        }

        if (_socket.IsUnusable)
        {
            return new ValueTask<IoResult>(new IoResult(0, SocketError.OperationAborted));
        }

        if (_socket.IsWritable && ResultOf(_socket.Send(data.Span)) is { Error: not SocketError.WouldBlock } sent)
        {
            return new ValueTask<IoResult>(sent);
        }

        _unsent = data;
        _write.Reset();
        _isWriting = true;
        return new ValueTask<IoResult>(this, _write.Version);
    }

    internal ValueTask<SocketError> ShutdownSendAsync()
    {
        if (IsElsewhere)
        {
            return HopAndShutdownSendAsync();
        }

        return new ValueTask<SocketError>(_socket.IsUnusable ? SocketError.OperationAborted : _socket.ShutdownSend());
    }

    /// <summary>
    /// Calls once when a read has a result, or when the socket was closed. For a caller on the loop, instead of
    /// <see cref="AwaitBytesAsync"/>.
    /// </summary>
    internal void AwaitBytes(Action onBytes) => _onBytes = onBytes;

    /// <summary>Ends such a wait without a call.</summary>
    internal void StopAwaitingBytes() => _onBytes = null;

    /// <summary>Calls once when there is room to send, or when the socket was closed. For a caller on the loop.</summary>
    internal void AwaitRoom(Action onRoom) => _onRoom = onRoom;

    /// <summary>Completes a waiting read or write if the socket is ready for it. Continuations run before this method returns.</summary>
    internal void OnReady()
    {
        if (_isReading && _socket.IsReadable)
        {
            EndRead(SocketError.Success);
        }

        if (_isWriting && _socket.IsWritable && ResultOf(_socket.Send(_unsent.Span)) is { Error: not SocketError.WouldBlock } sent)
        {
            EndWrite(sent);
        }

        if (_socket.IsReadable)
        {
            Call(ref _onBytes);
        }

        if (_socket.IsWritable)
        {
            Call(ref _onRoom);
        }

        if (_socket.HasPeerEnded)
        {
            OnPeerEnd?.Invoke();
        }
    }

    /// <summary>From any thread: ends a waiting read or write, because its caller may not want it any more.</summary>
    internal void Interrupt() => _ = _socket.Loop.Post(this);

    /// <summary>Posted by <see cref="Interrupt"/>.</summary>
    void ILoopWork.RunOnLoop()
    {
        if (_isReading)
        {
            EndRead(SocketError.Interrupted);
        }

        if (_isWriting)
        {
            EndWrite(new IoResult(0, SocketError.Interrupted));
        }
    }

    /// <summary>Ends a waiting read or write, because the socket was closed or aborted.</summary>
    internal void End()
    {
        if (_isReading)
        {
            EndRead(SocketError.OperationAborted);
        }

        if (_isWriting)
        {
            EndWrite(new IoResult(0, SocketError.OperationAborted));
        }

        Call(ref _onBytes);
        Call(ref _onRoom);
    }

    /// <inheritdoc/>
    SocketError IValueTaskSource<SocketError>.GetResult(short token) => _read.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<SocketError>.GetStatus(short token) => _read.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<SocketError>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    /// <inheritdoc/>
    IoResult IValueTaskSource<IoResult>.GetResult(short token) => _write.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<IoResult>.GetStatus(short token) => _write.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<IoResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _write.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    private static void Call(ref Action? waiting)
    {
        if (waiting is { } call)
        {
            waiting = null;
            call();
        }
    }

    private static IoResult ResultOf(int count) =>
        count < 0 ? new IoResult(0, Errno.ToSocketError(-count)) : new IoResult(count, SocketError.Success);

    private async ValueTask<SocketError> HopAndAwaitBytesAsync()
    {
        await _socket.Loop.HopAsync();
        return await AwaitBytesAsync();
    }

    private async ValueTask<IoResult> HopAndReadAsync(Memory<byte> buffer)
    {
        await _socket.Loop.HopAsync();
        return await ReadAsync(buffer);
    }

    private async ValueTask<IoResult> HopAndWriteAsync(ReadOnlyMemory<byte> data)
    {
        await _socket.Loop.HopAsync();
        return await WriteAsync(data);
    }

    private async ValueTask<SocketError> HopAndShutdownSendAsync()
    {
        await _socket.Loop.HopAsync();
        return await ShutdownSendAsync();
    }

    private void EndRead(SocketError result)
    {
        _isReading = false;
        _read.SetResult(result);
    }

    private void EndWrite(IoResult result)
    {
        _isWriting = false;
        _unsent = default;
        _write.SetResult(result);
    }
}
