using System.Runtime.CompilerServices;
using Gateway.Http.Messages;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// A destination's HTTP/1.1 connection as the HTTP client reads and writes it, one request after another. This stream adds two things that
/// the HTTP client does not do:
/// <list type="number">
/// <item>It reports that the connection ended before the first byte of the response, and whether the connection had carried an earlier
/// request (<see cref="NoAnswerException"/>). A request may be sent again only on those two conditions.</item>
/// <item>It notices a response that comes before the request's body has ended. The HTTP client sends the whole body before it reads, and
/// drops the response when sending fails. So one side always reads while a body is sent: the HTTP client, if its read ahead waits on a used
/// connection; otherwise our watch task, which keeps the bytes for the HTTP client. When the destination has closed the connection or takes
/// no more bytes, the body ends (<see cref="UploadContent.Stop"/>). Later writes of the HTTP client are dropped, and it reads the
/// response.</item>
/// </list>
/// There is one reader at a time, and one writer. Nothing is written to the connection after a body was ended, because the destination has
/// closed it. The HTTP client finds the end when it takes the connection for another request.
/// </summary>
internal sealed class Http1Stream : Stream
{
    private const int Nobody = 0;
    private const int Client = 1;
    private const int Watch = 2;

    private readonly EarlyBytes _early = new();
    private readonly ReadOfClient _clientRead;
    private readonly Stream _inner;
    private readonly Lock _lock = new();
    private AnswerHead _head;
    private int _reader;
    private int _requests;
    private bool _isLastOfUpload;
    private volatile bool _isAnswered = true;
    private volatile bool _isWaitedFor;
    private volatile bool _takesNoMore;
    private volatile bool _isDisposed;
    private volatile UploadContent? _upload;
    private Task _watch = Task.CompletedTask;

    /// <param name="inner">The connection, after TLS decryption.</param>
    public Http1Stream(Stream inner)
    {
        _inner = inner;
        _clientRead = new ReadOfClient(this);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _isLastOfUpload = false;
        if (Interlocked.CompareExchange(ref _reader, Client, Nobody) != Nobody)
        {
            return ReadBehindWatchAsync(buffer);
        }

        if (_early.HasSomething)
        {
            return ReadEarlyAsync(buffer);
        }

        var read = _inner.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully ? new(Took(buffer.Span, read.Result)) : _clientRead.Begin(read, buffer);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_takesNoMore)
        {
            return default;
        }

        var upload = UploadContent.Current;
        if (_isAnswered && !IsMoreOf(upload) && !_head.IsUpgrade)
        {
            _requests++;
            _isAnswered = false;
            _head = default;
        }

        if (upload is not null && upload != _upload)
        {
            _upload = upload;
            upload.Begin(this);
            BeginWatch();
        }

        var write = _inner.WriteAsync(buffer, upload?.Stopped ?? cancellationToken);
        return write.IsCompletedSuccessfully ? write : FinishWriteAsync(write, upload);
    }

    /// <summary>A body was sent, or its sending was given up. The HTTP client now writes the rest of its buffer.</summary>
    public void EndUpload()
    {
        _upload = null;
        _isLastOfUpload = true;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => _inner.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await _inner.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    // Whether the bytes belong to a body whose response may have begun already: they do not begin a new request.
    private bool IsMoreOf(UploadContent? upload) => upload is null ? _isLastOfUpload : upload == _upload;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FinishWriteAsync(ValueTask write, UploadContent? upload)
    {
        try
        {
            await write;
        }
        catch (Exception) when (upload is not null && !_isDisposed && (upload.IsStopped || !upload.Stopped.IsCancellationRequested))
        {
            // A response that the destination has sent can still be read. Without a response, the read reports what happened.
            _takesNoMore = true;
            upload.Stop(_head.HasAnswer);
        }
        catch (IOException failed) when (!_isAnswered)
        {
            throw new NoAnswerException(_requests > 1, failed);
        }
    }

    // The HTTP client's read is over: notes the bytes that came, and lets the watch task read.
    private int Took(Span<byte> buffer, int count)
    {
        var hasEnded = count == 0 && buffer.Length > 0;
        Hear(buffer[..count]);
        Leave(hasEnded);
        return !hasEnded || _isAnswered ? count : throw new NoAnswerException(_requests > 1, null);
    }

    private void Hear(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0)
        {
            _isAnswered = true;
            _head.Read(bytes);
        }
    }

    private void Leave(bool hasEnded)
    {
        if (hasEnded)
        {
            EndByDestination();
        }

        Interlocked.Exchange(ref _reader, Nobody);
        if (_upload is not null && !hasEnded)
        {
            BeginWatch();
        }
    }

    // The destination has closed: it sends nothing more, and more of the body cannot change its response.
    private void EndByDestination()
    {
        if (_upload is { } upload)
        {
            _takesNoMore = true;
            upload.Stop(_head.HasAnswer);
        }
    }

    private void BeginWatch()
    {
        lock (_lock)
        {
            if (Interlocked.CompareExchange(ref _reader, Watch, Nobody) == Nobody)
            {
                _watch = WatchAsync();
            }
        }
    }

    // Reads until the connection ends, the body ends, or the HTTP client waits for bytes that have not come yet.
    private async Task WatchAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var goesOn = true;
        while (goesOn && TryGetSpace(out var space))
        {
            try
            {
                goesOn = Keep(space[..await _inner.ReadAsync(space)]);
            }
            catch (Exception failed)
            {
                _early.Fail(failed);
                goesOn = false;
            }
        }

        if (_early.HasEnded)
        {
            EndByDestination();
        }

        Interlocked.Exchange(ref _reader, Nobody);
    }

    private bool TryGetSpace(out Memory<byte> space)
    {
        lock (_lock)
        {
            return _early.TryGetSpace(out space);
        }
    }

    // Returns false when the watch is over.
    private bool Keep(ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            Hear(bytes.Span);
            return _early.Add(bytes.Length) && _upload is not null && !_isWaitedFor;
        }
    }

    // The HTTP client gets at once what the watch has read, because the watch may wait for bytes behind the response that never come. If
    // the watch has read nothing yet, it ends after its next read.
    private bool TryTakeFromWatch(Span<byte> buffer, out int count)
    {
        lock (_lock)
        {
            _isWaitedFor = !_early.HasBytes;
            count = _isWaitedFor ? 0 : _early.Take(buffer);
            return !_isWaitedFor;
        }
    }

    private async ValueTask<int> ReadBehindWatchAsync(Memory<byte> buffer)
    {
        if (TryTakeFromWatch(buffer.Span, out var count))
        {
            return count;
        }

        while (Interlocked.CompareExchange(ref _reader, Client, Nobody) != Nobody)
        {
            Task watch;
            lock (_lock)
            {
                watch = _watch;
            }

            if (watch.IsCompleted && Volatile.Read(ref _reader) == Client)
            {
                throw new InvalidOperationException("Two reads at once.");
            }

            await watch;
        }

        _isWaitedFor = false;
        return _early.HasSomething ? await ReadEarlyAsync(buffer) : await _clientRead.Begin(_inner.ReadAsync(buffer), buffer);
    }

    private ValueTask<int> ReadEarlyAsync(Memory<byte> buffer)
    {
        var count = _early.TakeLast(buffer.Span, out var failure);
        Interlocked.Exchange(ref _reader, Nobody);
        return failure is not null ? ValueTask.FromException<int>(_isAnswered ? failure : new NoAnswerException(_requests > 1, failure))
            : count == 0 && buffer.Length > 0 && !_isAnswered ? ValueTask.FromException<int>(new NoAnswerException(_requests > 1, null))
            : new(count);
    }

    /// <summary>A read of the HTTP client that waits.</summary>
    private sealed class ReadOfClient(Http1Stream stream) : WaitingRead
    {
        private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _read;
        private Memory<byte> _buffer;
        private bool _hasBegun;

        public ValueTask<int> Begin(ValueTask<int> read, Memory<byte> buffer)
        {
            (_read, _buffer, _hasBegun) = (read.ConfigureAwait(false).GetAwaiter(), buffer, false);
            return Begin();
        }

        protected override int? GoOn()
        {
            if (!_hasBegun && !_read.IsCompleted)
            {
                _hasBegun = true;
                _read.UnsafeOnCompleted(Continuation);
                return null;
            }

            return stream.Took(_buffer.Span, Count());
        }

        private int Count()
        {
            try
            {
                return _read.GetResult();
            }
            catch (IOException failed) when (!stream._isAnswered)
            {
                stream.Leave(hasEnded: true);
                throw new NoAnswerException(stream._requests > 1, failed);
            }
            catch
            {
                stream.Leave(hasEnded: true);
                throw;
            }
        }
    }
}
