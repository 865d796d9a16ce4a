using System.Threading.Tasks.Sources;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// Continues on a loop's thread. The hop begins when the continuation is there: if it began earlier and the loop were faster than the
/// caller's await, the caller would go on on its own thread.
/// </summary>
internal sealed class LoopHop(EventLoop loop) : IValueTaskSource, ILoopWork
{
    private Action<object?>? _continuation;
    private object? _state;
    private bool _hasArrived;

    /// <inheritdoc/>
    public void RunOnLoop()
    {
        _hasArrived = true;
        _continuation!(_state);
    }

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token)
    {
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) =>
        _hasArrived ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        (_continuation, _state) = (continuation, state);
        if (!loop.Post(this))
        {
            // The loop has ended, so the caller may continue on any thread.
            RunOnLoop();
        }
    }
}
