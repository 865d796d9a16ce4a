using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// Writes a socket as a pipe. A flush sends, and ends when the kernel has all bytes; if the kernel takes all at once, nothing waits and
/// nothing is allocated. A flush that was begun on another thread goes to the loop, and its code continues there. If the client is gone, a
/// flush says that the pipe is completed.
/// </summary>
internal sealed class LinuxWriter : PipeWriter, IValueTaskSource<FlushResult>, ILoopWork
{
    private const int SmallBytes = 4 * 1024;
    private const int LargeBytes = 64 * 1024;

    private readonly LinuxSocket _socket;
    private readonly LinuxDuplex _duplex;
    private readonly Action _onSent;

    // What was flushed and is not sent yet. Only the loop uses it, because a flush that was cancelled goes on behind its writer.
    private readonly Queue<ArraySegment<byte>> _queue = new();

    // Buffers that are full, and not flushed. The writer's, like the buffer that is being filled.
    private readonly List<ArraySegment<byte>> _full = [];
    private ManualResetValueTaskSourceCore<FlushResult> _source;
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;
    private TaskCompletionSource? _drained;
    private TimeSpan _longestStall;
    private byte[]? _buffer;
    private int _filled;
    private int _sentOfFirst;
    private int _isCancelRequested;
    private bool _isFlushing;
    private bool _isSending;
    private bool _isBroken;

    internal LinuxWriter(LinuxSocket socket, LinuxDuplex duplex)
    {
        (_socket, _duplex) = (socket, duplex);
        _onSent = OnSent;
    }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes
    {
        get
        {
            long bytes = _filled;
            foreach (var segment in _full)
            {
                bytes += segment.Count;
            }

            return bytes;
        }
    }

    private EventLoop Loop => _socket.Loop;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _buffer.AsMemory(_filled);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _buffer.AsSpan(_filled);
    }

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_buffer?.Length ?? 0) - _filled);
        _filled += bytes;
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        if (!Loop.IsCurrent && !Loop.HasEnded)
        {
            return EnterAndFlushAsync(cancellationToken);
        }

        SendOrEnqueue();
        var isCanceled = TakeCancellation();
        if (!_isSending || isCanceled)
        {
            return new ValueTask<FlushResult>(new FlushResult(isCanceled, isCompleted: _isBroken));
        }

        _source.Reset();
        _isFlushing = true;
        _token = cancellationToken;
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static writer => ((LinuxWriter)writer!).PostCancellation(), this);
        }

        return new ValueTask<FlushResult>(this, _source.Version);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
        // Through the loop's queue, also on the loop, because the caller may hold a lock that the continuation needs.
        Volatile.Write(ref _isCancelRequested, 1);
        PostCancellation();
    }

    /// <inheritdoc/>
    /// <remarks>Bytes that were not flushed are sent at the close (<see cref="DrainAsync"/>), unless the writer failed.</remarks>
    public override void Complete(Exception? exception = null)
    {
        if (exception is not null)
        {
            ReturnBuffers();
        }
    }

    /// <summary>Sends what is left, on the loop. The socket's timer fires when the client takes no byte for too long.</summary>
    /// <param name="longestStall">How long that is.</param>
    /// <returns>False: the client is gone.</returns>
    internal async ValueTask<bool> DrainAsync(TimeSpan longestStall)
    {
        SendOrEnqueue();
        if (_isSending)
        {
            _longestStall = longestStall;
            _socket.ArmTimer(_socket.DueAfter(longestStall));
            _drained = new TaskCompletionSource();
            await _drained.Task;
            _socket.ArmTimer(TimerNode.Never);
        }

        return !_isBroken;
    }

    /// <summary>A flush is cancelled. The bytes are sent all the same.</summary>
    void ILoopWork.RunOnLoop()
    {
        if (!_isFlushing)
        {
            return;
        }

        if (_token.IsCancellationRequested)
        {
            var token = _token;
            EndFlush();
            _source.SetException(new OperationCanceledException(token));
        }
        else if (TakeCancellation())
        {
            EndFlush();
            _source.SetResult(new FlushResult(isCanceled: true, isCompleted: false));
        }
    }

    void ILoopWork.OnFault() => _socket.Abandon(Telemetry.CloseReason.Error);

    /// <inheritdoc/>
    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    private async ValueTask<FlushResult> EnterAndFlushAsync(CancellationToken cancellationToken)
    {
        await Loop.HopAsync();
        return await FlushAsync(cancellationToken);
    }

    private void PostCancellation() => _ = Loop.Post(this);

    private bool TakeCancellation() =>
        Volatile.Read(ref _isCancelRequested) != 0 && Interlocked.Exchange(ref _isCancelRequested, 0) != 0;

    // Small answers need one small buffer. A larger answer gets a large one, so that it goes out in few calls.
    private void MakeRoom(int bytes)
    {
        if (_buffer is not null && _buffer.Length - _filled < bytes)
        {
            var (full, length) = (_buffer, _filled);
            if (full.Length < LargeBytes && length + bytes <= LargeBytes)
            {
                _buffer = ArrayPool<byte>.Shared.Rent(LargeBytes);
                full.AsSpan(0, length).CopyTo(_buffer);
                ArrayPool<byte>.Shared.Return(full);
                return;
            }

            _full.Add(new ArraySegment<byte>(full, 0, length));
            (_buffer, _filled) = (null, 0);
        }

        _buffer ??= ArrayPool<byte>.Shared.Rent(_full.Count > 0 || bytes > SmallBytes ? Math.Max(LargeBytes, bytes) : SmallBytes);
    }

    private void Enqueue()
    {
        if (_isBroken)
        {
            ReturnBuffers();
            return;
        }

        foreach (var segment in _full)
        {
            _queue.Enqueue(segment);
        }

        _full.Clear();
        if (_filled > 0)
        {
            _queue.Enqueue(new ArraySegment<byte>(_buffer!, 0, _filled));
            (_buffer, _filled) = (null, 0);
        }
    }

    private void SendOrEnqueue()
    {
        if (_isSending || _isBroken || _full.Count > 0)
        {
            Enqueue();
        }
        else if (_filled > 0)
        {
            // The usual case: the kernel takes the whole buffer.
            var count = SendOnce(_buffer.AsSpan(0, _filled));
            if (count == _filled)
            {
                ReturnBuffers();
                return;
            }

            Enqueue();
            _sentOfFirst = Math.Max(0, count);
        }

        if (!_isSending)
        {
            SendQueue();
        }
    }

    private void SendQueue()
    {
        while (_queue.TryPeek(out var segment))
        {
            var count = _isBroken ? 0 : SendOnce(segment.AsSpan(_sentOfFirst));
            if (_isBroken)
            {
                break;
            }

            _sentOfFirst += count;
            if (_sentOfFirst < segment.Count)
            {
                if (!_socket.IsWritable)
                {
                    _isSending = true;
                    _duplex.AwaitRoom(_onSent);
                    return;
                }

                continue;
            }

            Dequeue();
        }

        while (_queue.Count > 0)
        {
            Dequeue();
        }

        _isSending = false;
    }

    // The number of bytes that the kernel took; 0 if it has no room. An error breaks the pipe: the client is gone.
    private int SendOnce(ReadOnlySpan<byte> bytes)
    {
        if (_socket.IsUnusable)
        {
            _isBroken = true;
            return 0;
        }

        var count = _socket.IsWritable ? _socket.Send(bytes) : 0;
        if (count >= 0 || count == -Errno.EAGAIN)
        {
            return Math.Max(0, count);
        }

        _isBroken = true;
        return 0;
    }

    private void Dequeue()
    {
        ArrayPool<byte>.Shared.Return(_queue.Dequeue().Array!);
        _sentOfFirst = 0;
    }

    private void OnSent()
    {
        SendQueue();
        if (_isSending)
        {
            if (_drained is not null)
            {
                _socket.ArmTimer(_socket.DueAfter(_longestStall));
            }

            return;
        }

        if (_isFlushing)
        {
            EndFlush();
            _source.SetResult(new FlushResult(isCanceled: false, isCompleted: _isBroken));
        }

        _drained?.TrySetResult();
    }

    private void EndFlush()
    {
        _isFlushing = false;
        _token = default;
        _registration.Unregister();
        _registration = default;
    }

    private void ReturnBuffers()
    {
        foreach (var segment in _full)
        {
            ArrayPool<byte>.Shared.Return(segment.Array!);
        }

        _full.Clear();
        if (_buffer is { } buffer)
        {
            (_buffer, _filled) = (null, 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
