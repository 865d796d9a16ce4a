using Gateway.Http.Responses;

namespace Gateway.Http;

/// <summary>Passes everything on, counts the bytes written (what the access log says was sent) and tells of writes that wait for the client.</summary>
internal class CountingStream(Stream inner, WaitingResponse? waiting = null) : Stream
{
    /// <summary>The stream that does the work.</summary>
    protected Stream Inner { get; } = inner;

    /// <summary>Bytes handed to the server so far.</summary>
    public long BytesWritten { get; private set; }

    public override bool CanRead => Inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => Inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Inner.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Inner.ReadAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count)
    {
        BytesWritten += count;
        Inner.Write(buffer, offset, count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        BytesWritten += buffer.Length;
        var write = Inner.WriteAsync(buffer, cancellationToken);
        return waiting is null ? write : waiting.WatchAsync(write);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        BytesWritten += count;
        var write = Inner.WriteAsync(buffer, offset, count, cancellationToken);
        return waiting is null ? write : waiting.WatchAsync(write);
    }

    public override void Flush() => Inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        var flush = Inner.FlushAsync(cancellationToken);
        return waiting is null ? flush : waiting.WatchAsync(flush);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Inner.Dispose();
        }
        base.Dispose(disposing);
    }
}
