namespace Gateway.Http.Responses;

/// <summary>
/// The responses that wait because their clients do not read. Each holds the bytes of the current write and the server's buffer, about
/// 128 KiB, for as long as its client likes. HTTP/2 streams have a window each, so one connection can hold a hundred times that. A response
/// ends in one of two cases:
/// <list type="number">
/// <item>There are too many, and this response is longest without progress.</item>
/// <item>It makes no progress for its listener's ResponseStallTimeout.</item>
/// </list>
/// A response whose client reads fast enough never gets here.
/// </summary>
internal sealed class WaitingResponses : IDisposable
{
    // Measured: 133 KB for each waiting stream, plus its part of the connection to the destination.
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

    /// <summary>
    /// The default limit: so many responses fill a quarter of the memory that the process may use. Uploads and everything else need the
    /// rest.
    /// </summary>
    public static int Default { get; } =
        (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 / BytesOfOne, Least, int.MaxValue);

    /// <summary>The most responses that may wait.</summary>
    public int Max => _max;

    /// <summary>The number of responses that wait now.</summary>
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

    /// <summary>Sets the limit.</summary>
    /// <param name="max">Null: <see cref="Default"/>.</param>
    public void Update(int? max) => _max = max ?? Default;

    /// <summary>A response begins to wait, because its client does not take a write at once.</summary>
    public void Begin(WaitingResponse response)
    {
        WaitingResponse? victim = null;
        lock (_lock)
        {
            response.Since = _time.GetTimestamp();
            response.Node ??= new LinkedListNode<WaitingResponse>(response);
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

    /// <summary>A response waits no longer: the client has taken the write, or the connection has ended.</summary>
    public void End(WaitingResponse response)
    {
        lock (_lock)
        {
            if (response.Node is { List: not null } waiting)
            {
                _waiting.Remove(waiting);
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
                var (waiting, response) = (node, node.Value);
                node = node.Next;
                if (_time.GetElapsedTime(response.Since) >= response.Timeout)
                {
                    _waiting.Remove(waiting);
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
