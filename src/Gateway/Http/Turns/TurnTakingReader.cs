using System.IO.Pipelines;

namespace Gateway.Http.Turns;

/// <summary>
/// A connection's input as Kestrel reads it, and the reason that requests may run on the sockets' polling threads: after <see cref="Turn.Reads"/> reads the reader goes on on the thread pool,
/// so that a client who never lets his socket run dry (an upload at full speed, pipelined requests) keeps nobody else waiting for longer than that many reads take.
/// <para>
/// Whoever fills the pipe meanwhile stays on the polling thread until the pipe is full, which is a copy of at most Kestrel's <c>MaxRequestBufferSize</c> (1 MiB).
/// </para>
/// </summary>
internal sealed class TurnTakingReader(PipeReader inner) : PipeReader
{
    private int _reads;

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = inner.ReadAsync(cancellationToken);
        if (++_reads < Turn.Reads)
        {
            return read;
        }
        _reads = 0;
        return Turn.EndAsync(read);
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result) => inner.TryRead(out result);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
