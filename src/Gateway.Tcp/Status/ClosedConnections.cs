using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Status;

/// <summary>
/// The connections that ended last. There are two rings: one for those that either side ended in order, and one for all others, so that
/// healthy traffic does not push out the ends that an operator looks for. Checks of load balancers are counted and not kept. The rings have
/// a fixed size, and adding takes no lock.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class ClosedConnections(TimeProvider time)
{
    /// <summary>The number of connections that each ring keeps.</summary>
    public const int RingSize = 2048;

    private readonly ConnectionSummary?[] _inOrder = new ConnectionSummary?[RingSize];
    private readonly ConnectionSummary?[] _others = new ConnectionSummary?[RingSize];
    private long _orderly;
    private long _other;
    private long _last;
    private volatile bool _isKept = true;

    /// <summary>Whether ends are counted and kept. Defaults to true; false while no listener shows them.</summary>
    public bool IsKept
    {
        get => _isKept;
        set => _isKept = value;
    }

    /// <summary>How connections ended, by minute.</summary>
    public CloseHistory History { get; } = new(time);

    /// <summary>The number of the newest connection that was added; 0: none was.</summary>
    public long Last => Interlocked.Read(ref _last);

    /// <summary>Counts an end.</summary>
    /// <param name="reason">The reason; null: in order.</param>
    /// <returns>Whether the connection is to be added too.</returns>
    public bool Count(CloseReason? reason)
    {
        if (!_isKept)
        {
            return false;
        }

        History.Add(reason);
        return reason != CloseReason.HealthCheck;
    }

    /// <summary>Adds a connection that ended.</summary>
    /// <param name="connection">The connection. Nobody else has seen the object yet.</param>
    /// <param name="reason">The reason; null: in order.</param>
    /// <param name="detail">What else is known; null: nothing.</param>
    /// <param name="duration">How long it lived.</param>
    public void Add(ConnectionSummary connection, CloseReason? reason, string? detail, TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(connection);
        connection.End(reason?.Label() ?? CloseHistory.InOrder, detail, duration, time.GetUtcNow());
        connection.Sequence = Interlocked.Increment(ref _last);
        var isOrderly = reason is null or CloseReason.ClientFin or CloseReason.BackendFin && detail is null;
        var (ring, turn) = isOrderly
            ? (_inOrder, Interlocked.Increment(ref _orderly))
            : (_others, Interlocked.Increment(ref _other));
        Volatile.Write(ref ring[(int)(turn % RingSize)], connection);
    }

    /// <summary>The connections that are kept, from the newest to the oldest.</summary>
    /// <param name="after">Only connections with a higher <see cref="ConnectionSummary.Sequence"/>.</param>
    /// <param name="last">Only connections with this sequence or a lower one.</param>
    public IReadOnlyList<ConnectionSummary> Read(long after = 0, long last = long.MaxValue)
    {
        var all = new List<ConnectionSummary>();
        foreach (var ring in (ReadOnlySpan<ConnectionSummary?[]>)[_inOrder, _others])
        {
            for (var i = 0; i < RingSize; i++)
            {
                if (Volatile.Read(ref ring[i]) is { } connection && connection.Sequence > after && connection.Sequence <= last)
                {
                    all.Add(connection);
                }
            }
        }

        all.Sort(static (one, other) => other.Sequence.CompareTo(one.Sequence));
        return all;
    }
}
