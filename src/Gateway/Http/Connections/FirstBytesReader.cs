using System.IO.Pipelines;
using Gateway.ProxyProtocol;

namespace Gateway.Http.Connections;

/// <summary>
/// Looks at the first bytes that the server reads of a connection, for a PROXY header where none is expected: HTTP's parser answers it with 400 and says nothing of the cause.
/// Nothing is read ahead and nobody waits; once the first bytes are known to be none, every call goes straight through.
/// </summary>
/// <param name="transport">The connection's pipes.</param>
/// <param name="onHeader">Called when a header is there; the server then sees the end of the connection instead.</param>
internal sealed class FirstBytesReader(IDuplexPipe transport, Action onHeader) : PipeReader, IDuplexPipe
{
    private readonly PipeReader _inner = transport.Input;
    private bool _passed;

    PipeReader IDuplexPipe.Input => this;

    PipeWriter IDuplexPipe.Output => transport.Output;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _passed ? _inner.ReadAsync(cancellationToken) : ReadFirstAsync(cancellationToken);

    public override bool TryRead(out ReadResult result)
    {
        if (!_inner.TryRead(out result))
        {
            return false;
        }
        result = Inspect(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => _inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => _inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _inner.Complete(exception);

    private async ValueTask<ReadResult> ReadFirstAsync(CancellationToken cancellation) => Inspect(await _inner.ReadAsync(cancellation));

    private ReadResult Inspect(in ReadResult read)
    {
        if (_passed || read.Buffer.IsEmpty)
        {
            return read;
        }
        Span<byte> first = stackalloc byte[(int)Math.Min(read.Buffer.Length, ProxySignature.MaxLength)];
        System.Buffers.BuffersExtensions.CopyTo(read.Buffer.Slice(0, first.Length), first);
        switch (ProxySignature.Match(first))
        {
            case ProxySignatureMatch.Partial:
                return read;
            case ProxySignatureMatch.None:
                _passed = true;
                return read;
            default:
                _passed = true;
                onHeader();
                return new ReadResult(read.Buffer.Slice(0, 0), isCanceled: false, isCompleted: true);
        }
    }
}
