using System.IO.Pipelines;

namespace Gateway.Http.Connections;

/// <summary>
/// Reads from a pipe with a time limit. A timeout is a value (<see cref="ReadResult.IsCanceled"/>) and not an exception, because thousands
/// of silent peers can time out in the same second. No cancellation is left in the pipe, so that the next reader never sees one.
/// </summary>
internal sealed class TimedPipeRead(PipeReader input, TimeProvider time, CancellationToken stop) : IDisposable
{
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private CancellationTokenRegistration _stopping;
    private bool _waiting;
    private bool _fired;

    /// <summary>Waits for bytes, the end of the connection, the end of <paramref name="limit"/> or the stop of the listener.</summary>
    public ValueTask<ReadResult> ReadAsync(TimeSpan limit) => input.TryRead(out var result) ? new(result) : WaitAsync(limit);

    private async ValueTask<ReadResult> WaitAsync(TimeSpan limit)
    {
        lock (_lock)
        {
            _waiting = true;
            _fired = false;
        }
        if (_timer is null)
        {
            _timer = time.CreateTimer(static self => ((TimedPipeRead)self!).Fire(), this, limit, Timeout.InfiniteTimeSpan);
            _stopping = stop.UnsafeRegister(static self => ((TimedPipeRead)self!).Fire(), this);
        }
        else
        {
            _timer.Change(limit, Timeout.InfiniteTimeSpan);
        }
        var result = await input.ReadAsync(CancellationToken.None);
        bool fired;
        lock (_lock)
        {
            _waiting = false;
            fired = _fired;
        }
        if (fired && !result.IsCanceled)
        {
            // The bytes came before the cancellation, which now waits for the next read. This read takes the cancellation out of the pipe.
            input.AdvanceTo(result.Buffer.Start);
            result = await input.ReadAsync(CancellationToken.None);
        }
        return result;
    }

    private void Fire()
    {
        lock (_lock)
        {
            if (_waiting && !_fired)
            {
                _fired = true;
                input.CancelPendingRead();
            }
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _stopping.Dispose();
    }
}
