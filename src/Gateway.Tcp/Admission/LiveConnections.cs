namespace Gateway.Tcp.Admission;

/// <summary>
/// All connections of one plane or listener, from accept until their end is accounted. This class keeps the connections alive, because the
/// garbage collector would collect a waiting connection that nothing references. A drain, a search for a connection that gives way, and a
/// scrape of metrics find the connections here. There are 16 lists with one lock each, chosen by connection id, so that event loops rarely
/// wait for the same lock.
/// </summary>
/// <param name="time">The clock of <see cref="LiveConnection.AcceptedAt"/>; null: the system clock.</param>
public sealed class LiveConnections(TimeProvider? time = null)
{
    private const int Shards = 16;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, Shards).Select(static _ => new Shard())];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private int _count;
    private volatile bool _draining;
    private volatile bool _isAwaited;

    /// <summary>The number of connections.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether new connections are refused.</summary>
    public bool IsDraining => _draining;

    /// <summary>Time since a timestamp of these connections.</summary>
    public TimeSpan ElapsedSince(long timestamp) => _time.GetElapsedTime(timestamp);

    /// <summary>Adds a connection that was accepted.</summary>
    public void Add(LiveConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        Interlocked.Increment(ref _count);
        var shard = _shards[connection.Id % Shards];
        lock (shard)
        {
            connection.Next = shard.First;
            if (shard.First is { } first)
            {
                first.Previous = connection;
            }

            shard.First = connection;
        }
    }

    /// <summary>Removes a connection that was added. To be called once for each connection.</summary>
    public void Remove(LiveConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var shard = _shards[connection.Id % Shards];
        lock (shard)
        {
            if (connection.Previous is { } previous)
            {
                previous.Next = connection.Next;
            }
            else
            {
                shard.First = connection.Next;
            }

            if (connection.Next is { } next)
            {
                next.Previous = connection.Previous;
            }

            (connection.Next, connection.Previous) = (null, null);
        }

        if (Interlocked.Decrement(ref _count) == 0 && _isAwaited)
        {
            _empty.TrySetResult();
        }
    }

    /// <summary>Refuses new connections from now on. The task completes when the last connection has ended.</summary>
    public Task StartDraining()
    {
        _draining = true;
        return WhenEmpty();
    }

    /// <summary>Completes when the last connection has ended. Refuses none; to be called when no listener accepts any more.</summary>
    public Task WhenEmpty()
    {
        _isAwaited = true;
        if (Count == 0)
        {
            _empty.TrySetResult();
        }

        return _empty.Task;
    }

    /// <summary>Ends all remaining connections.</summary>
    public void AbortAll()
    {
        // Outside the locks, because an abort may run the rest of the pipeline, which removes its connection.
        foreach (var connection in Snapshot())
        {
            connection.Abort();
        }
    }

    /// <summary>The connections that exist now.</summary>
    public IReadOnlyList<LiveConnection> Snapshot()
    {
        var all = new List<LiveConnection>(Count);
        foreach (var shard in _shards)
        {
            lock (shard)
            {
                for (var connection = shard.First; connection is not null; connection = connection.Next)
                {
                    all.Add(connection);
                }
            }
        }

        return all;
    }

    private sealed class Shard
    {
        public LiveConnection? First { get; set; }
    }
}
