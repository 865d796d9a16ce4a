using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Health.Probes;

/// <summary>Keeps the first bytes that a server sends, and passes all bytes on.</summary>
/// <param name="inner">The connection. It stays open when this stream is disposed of.</param>
internal sealed class FirstAnswer(Stream inner) : AsyncStream
{
    // The head of a record, of a ServerHello, and its "random": enough to know a ServerHello.
    private readonly byte[] _first = new byte[128];
    private int _kept;

    /// <summary>The bytes that are kept.</summary>
    public ReadOnlySpan<byte> Bytes => _first.AsSpan(0, _kept);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        var kept = Math.Min(read, _first.Length - _kept);
        buffer[..kept].Span.CopyTo(_first.AsSpan(_kept));
        _kept += kept;
        return read;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
}
