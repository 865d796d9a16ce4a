using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Tls;

/// <summary>
/// Reads the ServerHello on its way to the client, because it says whether a session is resumed, and SslStream has no public property for
/// this. All bytes are passed on unchanged.
/// </summary>
internal sealed class SentHello(Stream inner) : AsyncStream
{
    private bool _isOver;

    /// <summary>Whether the server resumed an earlier session.</summary>
    public bool IsResumed { get; private set; }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Look(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    private void Look(ReadOnlySpan<byte> written)
    {
        if (!_isOver && !written.IsEmpty)
        {
            var hello = ServerHello.Read(written);
            _isOver = hello != ServerHelloKind.Retry;
            IsResumed = hello == ServerHelloKind.Resumed;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
