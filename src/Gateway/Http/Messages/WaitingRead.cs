using System.Threading.Tasks.Sources;

namespace Gateway.Http.Messages;

/// <summary>
/// A read of a stream that has to wait, without a state machine: one object for a stream, used for one read after the other. A pooled state
/// machine (<c>PoolingAsyncValueTaskMethodBuilder</c>) would be a new object for nearly every read, because its pool keeps one for each
/// processor, and all connections wait at the same time. One read runs at a time.
/// </summary>
internal abstract class WaitingRead : IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _core;

    protected WaitingRead() => Continuation = Continue;

    /// <summary>To be called when what the read waits for has completed.</summary>
    protected Action Continuation { get; }

    /// <inheritdoc/>
    int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Begins a read, and goes on until it waits or has ended.</summary>
    protected ValueTask<int> Begin()
    {
        _core.Reset();
        var read = new ValueTask<int>(this, _core.Version);
        Continue();
        return read;
    }

    /// <summary>Goes on. What it throws is how the read ends.</summary>
    /// <returns>The bytes that were read; null: the read waits, and <see cref="Continuation"/> will be called.</returns>
    protected abstract int? GoOn();

    private void Continue()
    {
        int? read;
        try
        {
            read = GoOn();
        }
        catch (Exception failed)
        {
            _core.SetException(failed);
            return;
        }

        if (read is { } bytes)
        {
            _core.SetResult(bytes);
        }
    }
}
