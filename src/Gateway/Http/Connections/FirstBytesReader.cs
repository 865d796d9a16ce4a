using System.Buffers;
using System.IO.Pipelines;
using Gateway.Tcp.Relaying;

namespace Gateway.Http.Connections;

/// <summary>
/// Looks at the first bytes that the server reads from a connection. Notes that the client has sent something, and shows the bytes to a
/// guard, so that an unexpected PROXY header ends the connection with the real cause instead of HTTP status 400. The reader does not read
/// ahead and does not wait. Once the guard has seen enough, every call goes straight to the inner reader.
/// </summary>
/// <param name="transport">The connection's pipes.</param>
/// <param name="guard">Checks the bytes; null: the bytes are not checked.</param>
/// <param name="onHeard">Called when bytes have come.</param>
/// <param name="onRefused">Called when the guard refuses the bytes; the server then sees the end of the connection instead of them.</param>
/// <param name="tellsEachRead">
/// Whether <paramref name="onHeard"/> is called for each read with bytes, and not only until the guard has passed the first bytes.
/// </param>
internal sealed class FirstBytesReader(
    IDuplexPipe transport,
    IFirstBytesGuard? guard,
    Action onHeard,
    Action onRefused,
    bool tellsEachRead = false) : PipeReader, IDuplexPipe
{
    private readonly PipeReader _inner = transport.Input;
    private ReadOnlySequence<byte> _last;

    // How many bytes at the start of the next result the guard has seen already.
    private long _seen;
    private bool _isPassed;
    private bool _isOver;

    PipeReader IDuplexPipe.Input => this;

    PipeWriter IDuplexPipe.Output => transport.Output;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _isOver ? _inner.ReadAsync(cancellationToken) : ReadFirst(cancellationToken);

    public override bool TryRead(out ReadResult result)
    {
        if (!_inner.TryRead(out result))
        {
            return false;
        }

        if (!_isOver)
        {
            result = Look(result);
        }

        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (guard is not null && !_isPassed)
        {
            _seen -= _last.Slice(0, consumed).Length;
        }

        _inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => _inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => _inner.CompleteAsync(exception);

    private ValueTask<ReadResult> ReadFirst(CancellationToken cancellation)
    {
        var reading = _inner.ReadAsync(cancellation);
        return reading.IsCompletedSuccessfully ? new(Look(reading.Result)) : LookAsync(reading);
    }

    private async ValueTask<ReadResult> LookAsync(ValueTask<ReadResult> reading) => Look(await reading);

    private ReadResult Look(in ReadResult read)
    {
        if (read.Buffer.IsEmpty)
        {
            _last = read.Buffer;
            return read;
        }

        onHeard();
        switch (guard is null || _isPassed ? GuardVerdict.Pass : Inspect(read.Buffer))
        {
            case GuardVerdict.More:
                return read;
            case GuardVerdict.Refuse:
                _isOver = true;
                onRefused();
                return new ReadResult(read.Buffer.Slice(0, 0), isCanceled: false, isCompleted: true);
            default:
                _isPassed = true;
                _isOver = !tellsEachRead;
                return read;
        }
    }

    private GuardVerdict Inspect(in ReadOnlySequence<byte> bytes)
    {
        _last = bytes;
        var verdict = GuardVerdict.More;
        foreach (var segment in bytes.Slice(_seen))
        {
            verdict = guard!.Inspect(segment.Span);
            if (verdict != GuardVerdict.More)
            {
                break;
            }
        }

        _seen = bytes.Length;
        return verdict;
    }
}
