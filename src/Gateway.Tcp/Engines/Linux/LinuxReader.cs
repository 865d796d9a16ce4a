using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Gateway.Linux;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// Reads a socket as a pipe. A read that finds bytes ends at once; a wait holds no buffer and allocates nothing. After
/// <see cref="ReadsPerTurn"/> reads without a wait the loop's other connections run first. A read that was begun on another thread goes to
/// the loop, and its code continues there.
/// </summary>
internal sealed class LinuxReader : PipeReader, IValueTaskSource<ReadResult>, ILoopWork
{
    /// <summary>16 reads of 64 KiB take about a millisecond.</summary>
    internal const int ReadsPerTurn = 16;

    private const int SmallBytes = 4 * 1024;
    private const int LargeBytes = 64 * 1024;

    private readonly LinuxSocket _socket;
    private readonly LinuxDuplex _duplex;
    private readonly Action _onEnd;
    private readonly Action _onReadable;
    private ManualResetValueTaskSourceCore<ReadResult> _source;
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private int _examined;
    private int _reads;
    private int _isCancelRequested;
    private bool _isPending;
    private bool _hasYielded;
    private bool _isWaiting;
    private bool _readsMuch;
    private bool _hasEnded;
    private bool _isCompleted;
    private SocketError _error;

    internal LinuxReader(LinuxSocket socket, LinuxDuplex duplex, Action onEnd)
    {
        (_socket, _duplex, _onEnd) = (socket, duplex, onEnd);
        _onReadable = OnReadable;
    }

    /// <summary>The number of bytes that were read from the socket.</summary>
    internal long Received { get; private set; }

    /// <summary>Whether the client may have sent bytes that nobody has read.</summary>
    internal bool MayHaveUnread => !_hasEnded && _error == SocketError.Success && _socket.IsReadable;

    private EventLoop Loop => _socket.Loop;

    private ReadOnlySequence<byte> Bytes =>
        _buffer is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_buffer, _start, _end - _start);

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        if (TryTake(out var result))
        {
            return new ValueTask<ReadResult>(result);
        }

        if (!Loop.IsCurrent && !Loop.HasEnded)
        {
            return EnterAndReadAsync(cancellationToken);
        }

        if (++_reads > ReadsPerTurn)
        {
            Begin(cancellationToken);
            _hasYielded = true;
            _ = Loop.Post(this);
            return new ValueTask<ReadResult>(this, _source.Version);
        }

        Receive();
        if (TryTake(out result))
        {
            return new ValueTask<ReadResult>(result);
        }

        if (_error != SocketError.Success)
        {
            return ValueTask.FromException<ReadResult>(Failure());
        }

        Begin(cancellationToken);
        Wait();
        return new ValueTask<ReadResult>(this, _source.Version);
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (TryTake(out result))
        {
            return true;
        }

        if (Loop.IsCurrent && _reads < ReadsPerTurn)
        {
            _reads++;
            Receive();
        }

        return TryTake(out result);
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_buffer is null)
        {
            return;
        }

        _start = ReferenceEquals(consumed.GetObject(), _buffer) ? consumed.GetInteger() : _end;
        _examined = ReferenceEquals(examined.GetObject(), _buffer) ? examined.GetInteger() : _end;
        if (_start == _end)
        {
            (_start, _end, _examined) = (0, 0, 0);
        }
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        // Through the loop's queue, also on the loop, because the caller may hold a lock that the continuation needs.
        Volatile.Write(ref _isCancelRequested, 1);
        _ = Loop.Post(this);
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        _isCompleted = true;
        ReturnBuffer();
    }

    /// <summary>Reads and drops what the client still sends, until its end, or until the socket is closed.</summary>
    /// <param name="most">The most bytes to read.</param>
    internal async ValueTask DiscardAsync(long most)
    {
        for (long dropped = 0; dropped < most && !_socket.IsUnusable;)
        {
            var count = _socket.IsReadable ? _socket.Receive(Loop.Buffer) : -Errno.EAGAIN;
            if (count == -Errno.EAGAIN)
            {
                _ = await _duplex.AwaitBytesAsync();
            }
            else if (count <= 0)
            {
                return;
            }
            else
            {
                dropped += count;
            }
        }
    }

    /// <summary>Runs a turn that was put off, or a cancellation.</summary>
    void ILoopWork.RunOnLoop()
    {
        if (!_isPending)
        {
            return;
        }

        if (_token.IsCancellationRequested)
        {
            StopWaiting();
            Fail(new OperationCanceledException(_token));
        }
        else if (Volatile.Read(ref _isCancelRequested) != 0)
        {
            StopWaiting();
            _isPending = false;
            _ = TryTake(out var result);
            Succeed(result);
        }
        else if (_hasYielded)
        {
            Continue();
        }
    }

    void ILoopWork.OnFault() => _socket.Abandon(Telemetry.CloseReason.Error);

    /// <inheritdoc/>
    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _source.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    private async ValueTask<ReadResult> EnterAndReadAsync(CancellationToken cancellationToken)
    {
        await Loop.HopAsync();
        return await ReadAsync(cancellationToken);
    }

    private bool TryTake(out ReadResult result)
    {
        ObjectDisposedException.ThrowIf(_isCompleted, this);
        if (_isPending)
        {
            // As a Pipe does. Kestrel then ends the connection, because it cannot read the rest of a body that the application still reads.
            throw new InvalidOperationException("Another read is under way.");
        }

        var isCanceled = Volatile.Read(ref _isCancelRequested) != 0 && Interlocked.Exchange(ref _isCancelRequested, 0) != 0;
        if (!isCanceled && !_hasEnded && _examined == _end)
        {
            result = default;
            return false;
        }

        result = new ReadResult(Bytes, isCanceled, _hasEnded);
        return true;
    }

    // Reads once. Afterwards there are new bytes, the end, an error, or nothing yet.
    private void Receive()
    {
        if (_socket.IsUnusable)
        {
            _error = SocketError.OperationAborted;
            return;
        }

        if (!_socket.IsReadable)
        {
            return;
        }

        MakeRoom();
        var room = _buffer!.Length - _end;
        var count = _socket.Receive(_buffer.AsSpan(_end));
        if (count > 0)
        {
            _readsMuch = count == room || (_readsMuch && count > SmallBytes);
            _end += count;
            Received += count;
            if (_socket.HasPeerEnded)
            {
                _duplex.OnPeerEnd?.Invoke();
            }
        }
        else if (count == 0)
        {
            _hasEnded = true;
            _onEnd();
        }
        else if (count != -Errno.EAGAIN)
        {
            _error = Errno.ToSocketError(-count);
            _onEnd();
        }
    }

    private void MakeRoom()
    {
        if (_readsMuch && _end == 0 && _buffer is { Length: < LargeBytes })
        {
            // A stream that never runs dry keeps its buffer, so the buffer must grow here.
            ReturnBuffer();
        }

        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(_readsMuch ? LargeBytes : SmallBytes);
        }
        else if (_end == _buffer.Length)
        {
            // A part of a head or of a line. How long these may become is for the reader of the pipe to limit.
            var length = _end - _start;
            var roomier = length * 2 > _buffer.Length ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
            _buffer.AsSpan(_start, length).CopyTo(roomier);
            if (!ReferenceEquals(roomier, _buffer))
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = roomier;
            }

            (_start, _end, _examined) = (0, length, _examined - _start);
        }
    }

    private void Begin(CancellationToken cancellationToken)
    {
        _source.Reset();
        _isPending = true;
        _token = cancellationToken;
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static reader => ((LinuxReader)reader!).PostCancellation(), this);
        }
    }

    private void PostCancellation() => _ = Loop.Post(this);

    private void Wait()
    {
        _reads = 0;
        if (_end == 0)
        {
            ReturnBuffer();
        }

        _isWaiting = true;
        _duplex.AwaitBytes(_onReadable);
    }

    private void StopWaiting()
    {
        _hasYielded = false;
        if (_isWaiting)
        {
            _isWaiting = false;
            _duplex.StopAwaitingBytes();
        }
    }

    private void OnReadable()
    {
        _isWaiting = false;
        Continue();
    }

    private void Continue()
    {
        (_hasYielded, _reads, _isPending) = (false, 0, false);
        Receive();
        if (TryTake(out var result))
        {
            Succeed(result);
        }
        else if (_error != SocketError.Success)
        {
            Fail(Failure());
        }
        else
        {
            _isPending = true;
            Wait();
        }
    }

    // The continuation runs before these two return, so they are the last step of their callers.
    private void Succeed(in ReadResult result)
    {
        EndWait();
        _source.SetResult(result);
    }

    private void Fail(Exception exception)
    {
        EndWait();
        _source.SetException(exception);
    }

    private void EndWait()
    {
        _isPending = false;
        _token = default;
        _registration.Unregister();
        _registration = default;
    }

    private Exception Failure() => _error == SocketError.OperationAborted
        ? new ConnectionAbortedException()
        : new ConnectionResetException(new SocketException((int)_error).Message);

    private void ReturnBuffer()
    {
        if (_buffer is { } buffer)
        {
            (_buffer, _start, _end, _examined) = (null, 0, 0, 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
