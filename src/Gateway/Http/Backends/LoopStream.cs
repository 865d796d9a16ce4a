using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Messages;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;

namespace Gateway.Http.Backends;

/// <summary>
/// A connection to an HTTP destination that an engine's loop carries. Reads and writes from another thread continue on the loop. After
/// <see cref="TurnTakingStream.ReadsPerTurn"/> reads in a row that did not have to wait, the loop's other connections run first.
/// </summary>
internal sealed class LoopStream : AsyncStream
{
    private readonly TcpConnection _connection;
    private readonly EngineLoop _loop;
    private readonly DescriptorPlace _place;
    private readonly ReadWhenThere _waiting;
    private int _reads;

    private LoopStream(TcpConnection connection, EngineLoop loop, DescriptorPlace place)
    {
        (_connection, _loop, _place) = (connection, loop, place);
        _waiting = new ReadWhenThere(this);
    }

    /// <summary>Opens a connection.</summary>
    /// <param name="loop">The loop that is to carry it.</param>
    /// <param name="limit">The descriptor limit.</param>
    /// <param name="kind">The kind of connection that the limit counts.</param>
    /// <param name="connect">Connects.</param>
    /// <exception cref="NoRoomException">The limit is reached.</exception>
    public static async ValueTask<Stream> OpenAsync(
        EngineLoop loop, ConnectionLimit limit, ConnectionKind kind, Func<ValueTask<TcpConnection>> connect)
    {
        var place = await DescriptorPlace.TakeAsync(limit, kind, isOurs: false);
        try
        {
            return new LoopStream(await connect(), loop, place);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // What is there is taken at once: as a rule another wait has told of it. Nothing can be cancelled meanwhile.
        if (!IsMyTurn(cancellationToken)
            || _reads >= TurnTakingStream.ReadsPerTurn
            || (buffer.IsEmpty && cancellationToken.CanBeCanceled))
        {
            return ReadOnLoopAsync(buffer, first: null, cancellationToken);
        }

        if (buffer.IsEmpty)
        {
            return _waiting.Begin(buffer);
        }

        var reading = _connection.ReadAsync(buffer);
        if (reading.IsCompletedSuccessfully)
        {
            var read = reading.Result;
            if (read.Error == SocketError.Success)
            {
                _reads++;
                return new(read.Bytes);
            }

            // The HTTP client gives no token, but closes the stream.
            if (read.Error == SocketError.WouldBlock && !cancellationToken.CanBeCanceled)
            {
                return _waiting.Begin(buffer);
            }

            reading = new(read);
        }

        return ReadOnLoopAsync(buffer, reading, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || !IsMyTurn(cancellationToken))
        {
            return WriteOnLoopAsync(buffer, first: null, cancellationToken);
        }

        var writing = _connection.WriteAsync(buffer);
        if (writing.IsCompletedSuccessfully)
        {
            var written = writing.Result;
            if (written.Error == SocketError.Success && written.Bytes == buffer.Length)
            {
                return ValueTask.CompletedTask;
            }

            writing = new(written);
        }

        return WriteOnLoopAsync(buffer, writing, cancellationToken);
    }

    private bool IsMyTurn(CancellationToken cancelled) => _loop.IsCurrent && !cancelled.IsCancellationRequested;

    // The first read or write may have begun already: its end is awaited, because it has the buffer. A cancellation that comes before the
    // registration ends its wait, too.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadOnLoopAsync(Memory<byte> buffer, ValueTask<IoResult>? first, CancellationToken cancellationToken)
    {
        using var cancelled = InterruptWhen(cancellationToken);
        await _loop.EnterAsync();
        if (!buffer.IsEmpty && ++_reads > TurnTakingStream.ReadsPerTurn)
        {
            _reads = 0;
            await _loop.HopAsync();
        }

        while (true)
        {
            ThrowIfCancelled(first, cancellationToken);
            if (!buffer.IsEmpty)
            {
                var read = await (first ?? _connection.ReadAsync(buffer));
                first = null;
                if (read.Error != SocketError.WouldBlock)
                {
                    ThrowIfFailed(read.Error, cancellationToken);
                    return read.Bytes;
                }
            }

            var error = await AwaitBytesAsync();
            ThrowIfFailed(error, cancellationToken);
            if (buffer.IsEmpty && error == SocketError.Success)
            {
                return 0;
            }
        }
    }

    // YARP waits with an empty read before each real one. Only a wait that lets others run ends the turn.
    private ValueTask<SocketError> AwaitBytesAsync()
    {
        var waiting = _connection.AwaitBytesAsync();
        _reads = waiting.IsCompleted ? _reads : 0;
        return waiting;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteOnLoopAsync(ReadOnlyMemory<byte> buffer, ValueTask<IoResult>? first, CancellationToken cancellationToken)
    {
        using var cancelled = InterruptWhen(cancellationToken);
        await _loop.EnterAsync();
        while (!buffer.IsEmpty)
        {
            ThrowIfCancelled(first, cancellationToken);
            var written = await (first ?? _connection.WriteAsync(buffer));
            first = null;
            ThrowIfFailed(written.Error, cancellationToken);
            buffer = buffer[written.Bytes..];
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _connection.Close();
            _place.Dispose();
        }

        base.Dispose(disposing);
    }

    private static void ThrowIfCancelled(ValueTask<IoResult>? begun, CancellationToken cancellationToken)
    {
        if (begun is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static void ThrowIfFailed(SocketError error, CancellationToken cancellationToken)
    {
        if (error is not (SocketError.Success or SocketError.Interrupted))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var inner = new SocketException((int)error);
            throw new IOException(inner.Message, inner);
        }
    }

    // Read and write look at the token and begin to wait on the loop, where an interrupt cannot come between the two. It would be lost.
    private CancellationTokenRegistration InterruptWhen(CancellationToken cancelled) =>
        cancelled.UnsafeRegister(static connection => ((TcpConnection)connection!).Interrupt(), _connection);

    /// <summary>A read on the loop that finds nothing. It cannot be cancelled.</summary>
    private sealed class ReadWhenThere(LoopStream stream) : WaitingRead
    {
        private Memory<byte> _buffer;
        private ValueTaskAwaiter<SocketError> _bytes;
        private bool _isWaiting;

        public ValueTask<int> Begin(Memory<byte> buffer)
        {
            _buffer = buffer;
            return Begin();
        }

        protected override int? GoOn()
        {
            while (true)
            {
                if (!_isWaiting && MustWait(stream.AwaitBytesAsync()))
                {
                    return null;
                }

                _isWaiting = false;
                var error = _bytes.GetResult();
                ThrowIfFailed(error, CancellationToken.None);
                if (_buffer.IsEmpty)
                {
                    if (error == SocketError.Success)
                    {
                        return 0;
                    }

                    continue;
                }

                var reading = stream._connection.ReadAsync(_buffer);
                if (!reading.IsCompleted)
                {
                    throw new InvalidOperationException("A read that began on the loop goes on elsewhere.");
                }

                var read = reading.Result;
                if (read.Error != SocketError.WouldBlock)
                {
                    ThrowIfFailed(read.Error, CancellationToken.None);
                    return read.Bytes;
                }
            }
        }

        private bool MustWait(ValueTask<SocketError> bytes)
        {
            _bytes = bytes.GetAwaiter();
            _isWaiting = !_bytes.IsCompleted;
            if (_isWaiting)
            {
                _bytes.UnsafeOnCompleted(Continuation);
            }

            return _isWaiting;
        }
    }
}
