using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The splice pipes of one loop; their number is bounded. A pipe is rented only while bytes are in it, so a few pipes serve many streams.
/// Used by one thread.
/// </summary>
internal sealed class PipePool : IDisposable
{
    /// <summary>
    /// The wanted capacity. In measurements, 256 KiB moved 1.25 times as much as the kernel's default of 64 KiB, and more did not help.
    /// </summary>
    internal const int WantedBytes = 256 * 1024;

    /// <summary>The least capacity. With less, read and write through a 64 KiB buffer is faster.</summary>
    internal const int MinimumBytes = 64 * 1024;

    // The pause after EMFILE or EPERM. Without it, a stream would try again at every third read.
    private const int BackOffMilliseconds = 1000;

    // Pipes that are kept for reuse. More pipes are made when many destinations stall at once, and closed afterwards.
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

    /// <summary>The number of pipes, idle pipes included.</summary>
    internal int Count { get; private set; }

    /// <summary>The number of pipes that hold bytes now.</summary>
    internal int InUse => Count - _idle.Count;

    /// <summary>An empty pipe; null if there is none now. The relay then goes on with read and write.</summary>
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

    /// <summary>Takes a pipe back. A pipe that still holds bytes is closed, and the bytes are lost.</summary>
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
