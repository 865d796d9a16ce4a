using System.IO.Pipelines;

namespace Gateway.Http.Connections;

/// <summary>
/// Reads from a pipe for a limited time. A time-out is a value (<see cref="ReadResult.IsCanceled"/>), not an exception: thousands of silent
/// peers end in the same second. Nothing of it is left in the pipe: whoever reads next never sees a cancellation that was meant for us.
/// </summary>
internal sealed class TimedPipeRead(PipeReader input, TimeProvider time, CancellationToken stop) : IDisposable
{
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private CancellationTokenRegistration _stopping;
    private bool _waiting;
    private bool _fired;

    /// <summary>Waits for bytes, the end, the passing of <paramref name="limit"/> or the listener's stop.</summary>
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
            // The bytes were faster, and the cancellation waits for the next read: this one.
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
