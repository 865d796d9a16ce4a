using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The splice pipes of one loop, bounded. A pipe is rented only while bytes are in it, so a few serve many streams. One thread.
/// </summary>
internal sealed class PipePool : IDisposable
{
    /// <summary>256 KiB moved 1.25 times as much as the kernel's default of 64 KiB; more was not measured to help.</summary>
    internal const int WantedBytes = 256 * 1024;

    /// <summary>With less than this, read and write through a 64 KiB buffer is the faster way.</summary>
    internal const int MinimumBytes = 64 * 1024;

    // After EMFILE or EPERM: a stream would otherwise try again at every third read.
    private const int BackOffMilliseconds = 1000;

    // Kept for re-use. More are made when many destinations stall at once, and closed again afterwards.
    private const int MaxIdle = 16;

    private readonly Stack<SplicePipe> _idle = new(MaxIdle);
    private readonly int _maxPipes;
    private readonly Func<int>? _fault;
    private long _notBefore;

    internal PipePool(int maxPipes, Func<int>? fault)
    {
        _maxPipes = maxPipes;
        _fault = fault;
    }

    /// <summary>Pipes that exist, idle ones included.</summary>
    internal int Count { get; private set; }

    /// <summary>Pipes that carry bytes right now.</summary>
    internal int InUse => Count - _idle.Count;

    /// <summary>An empty pipe, or null if there is none to be had now: then read and write go on.</summary>
    internal SplicePipe? TryRent(long nowMilliseconds)
    {
        if (_idle.TryPop(out var pipe))
        {
            return pipe;
        }

        if (Count >= _maxPipes || nowMilliseconds < _notBefore)
        {
            return null;
        }

        pipe = _fault?.Invoke() is null or 0 ? SplicePipe.TryCreate(WantedBytes, MinimumBytes, out _) : null;
        if (pipe is null)
        {
            _notBefore = nowMilliseconds + BackOffMilliseconds;
            return null;
        }

        Count++;
        return pipe;
    }

    /// <summary>Takes a pipe back; one that still holds bytes is closed with them.</summary>
    internal void Return(SplicePipe pipe, bool isEmpty)
    {
        if (isEmpty && _idle.Count < MaxIdle)
        {
            _idle.Push(pipe);
            return;
        }

        Count--;
        pipe.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_idle.TryPop(out var pipe))
        {
            Count--;
            pipe.Dispose();
        }
    }
}
