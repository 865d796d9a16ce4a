using System.IO.Pipelines;

namespace Gateway.Http.Connections;

/// <summary>Passes a connection's bytes on, and tells when some have come.</summary>
/// <param name="transport">The connection's pipes.</param>
/// <param name="onHeard">Told of each read that has bytes.</param>
internal sealed class HeardReader(IDuplexPipe transport, Action onHeard) : PipeReader, IDuplexPipe
{
    private readonly PipeReader _inner = transport.Input;

    PipeReader IDuplexPipe.Input => this;

    PipeWriter IDuplexPipe.Output => transport.Output;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Note(await _inner.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        if (!_inner.TryRead(out result))
        {
            return false;
        }

        Note(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => _inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => _inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _inner.Complete(exception);

    private ReadResult Note(in ReadResult result)
    {
        if (!result.Buffer.IsEmpty)
        {
            onHeard();
        }

        return result;
    }
}
