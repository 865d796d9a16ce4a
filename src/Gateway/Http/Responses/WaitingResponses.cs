namespace Gateway.Http.Responses;

/// <summary>
/// The responses whose clients do not take what is there for them. Each holds the piece that is being passed on and the server's buffer,
/// some 128 KiB, for as long as its client likes: streams of HTTP/2 have a window each, so that one connection holds a hundred times that.
/// The longest without progress gives way when there are too many, and one that makes none for its listener's ResponseStallTimeout ends. A
/// response that flows is not looked at.
/// </summary>
internal sealed class WaitingResponses : IDisposable
{
    // Measured: 133 KB for each stream that waits, and its part of the connection to the destination.
    private const long BytesOfOne = 160 * 1024;

    private const int Least = 256;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly LinkedList<WaitingResponse> _waiting = [];
    private readonly ResponseMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private volatile int _max = Default;

    public WaitingResponses(ResponseMetrics metrics, TimeProvider time)
    {
        (_metrics, _time) = (metrics, time);
        metrics.Observe(() => Count);
        _timer = time.CreateTimer(_ => EndStalled(), null, Interval, Interval);
    }

    /// <summary>A quarter of the memory that the process may use: uploads and everything else need the rest.</summary>
    public static int Default { get; } =
        (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 / BytesOfOne, Least, int.MaxValue);

    /// <summary>How many may wait.</summary>
    public int Max => _max;

    /// <summary>How many wait now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Puts a limit in force.</summary>
    /// <param name="max">Null: <see cref="Default"/>.</param>
    public void Update(int? max) => _max = max ?? Default;

    /// <summary>A client does not take a piece at once.</summary>
    public void Begin(WaitingResponse response)
    {
        WaitingResponse? victim = null;
        lock (_lock)
        {
            response.Since = _time.GetTimestamp();
            _waiting.AddLast(response.Node);
            if (_waiting.Count > _max)
            {
                victim = _waiting.First!.Value;
                _waiting.RemoveFirst();
            }
        }

        if (victim?.TryAbort(ResponseEnd.Limit) == true)
        {
            _metrics.Ended(victim.Listener, ResponseEnd.Limit);
        }
    }

    /// <summary>It has taken the piece, or its connection has ended.</summary>
    public void End(WaitingResponse response)
    {
        lock (_lock)
        {
            if (response.Node.List is not null)
            {
                _waiting.Remove(response.Node);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void EndStalled()
    {
        List<WaitingResponse>? stalled = null;
        lock (_lock)
        {
            for (var node = _waiting.First; node is not null;)
            {
                var response = node.Value;
                node = node.Next;
                if (_time.GetElapsedTime(response.Since) >= response.Timeout)
                {
                    _waiting.Remove(response.Node);
                    (stalled ??= []).Add(response);
                }
            }
        }

        foreach (var response in stalled ?? [])
        {
            if (response.TryAbort(ResponseEnd.Timeout))
            {
                _metrics.Ended(response.Listener, ResponseEnd.Timeout);
            }
        }
    }
}
