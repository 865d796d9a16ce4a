using System.IO.Pipelines;

namespace Gateway.Http.Connections.Frames;

/// <summary>Passes on what the client sends, and shows each byte to the budget once.</summary>
internal sealed class FrameReader(PipeReader inner, FrameBudget budget, Action onFlood) : PipeReader
{
    private ReadResult _last;

    // Of the bytes that the next result begins with.
    private long _seen;
    private bool _isOver;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = inner.ReadAsync(cancellationToken);
        return Look(read.IsCompletedSuccessfully ? read.Result : await read);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        result = Look(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _seen -= _last.Buffer.Slice(0, consumed).Length;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private ReadResult Look(ReadResult result)
    {
        _last = result;
        var fresh = result.Buffer.Slice(_seen);
        _seen = result.Buffer.Length;
        if (!_isOver && !budget.TryTake(fresh))
        {
            _isOver = true;
            onFlood();
        }

        return result;
    }
}
