namespace Gateway.Tcp.Admission;

/// <summary>
/// All connections of one plane or listener, from accept until their end is accounted. This class keeps the connections alive, because the
/// garbage collector would collect a waiting connection that nothing references. A drain, a search for a connection that gives way, and a
/// scrape of metrics find the connections here. There are 64 lists with one lock each, chosen by connection id, so that event loops rarely
/// wait for the same lock, and a walk over 50,000 connections holds each lock only for the copy of some 800 references.
/// </summary>
/// <param name="time">The clock of <see cref="LiveConnection.AcceptedAt"/>; null: the system clock.</param>
public sealed class LiveConnections(TimeProvider? time = null)
{
    /// <summary>The number of parts for <see cref="CopyPart"/>.</summary>
    public const int Parts = 64;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, Parts).Select(static _ => new Shard())];
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
        var shard = _shards[connection.Id % Parts];
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
        var shard = _shards[connection.Id % Parts];
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
        // Either this thread sees the last connection gone, or the thread that removes it sees that it is awaited.
        Interlocked.MemoryBarrier();
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
        for (var part = 0; part < Parts; part++)
        {
            CopyPart(part, all);
        }

        return all;
    }

    /// <summary>The connections that exist now, of one of <see cref="Parts"/> parts. A connection stays in its part.</summary>
    public IReadOnlyList<LiveConnection> Snapshot(int part)
    {
        var some = new List<LiveConnection>(Count / Parts);
        CopyPart(part, some);
        return some;
    }

    /// <summary>Adds the connections of one part, so that a walk in parts delays no event loop and needs little memory.</summary>
    /// <param name="part">From 0 to <see cref="Parts"/> - 1.</param>
    /// <param name="to">Takes the connections.</param>
    public void CopyPart(int part, List<LiveConnection> to)
    {
        ArgumentNullException.ThrowIfNull(to);
        var shard = _shards[part];
        lock (shard)
        {
            for (var connection = shard.First; connection is not null; connection = connection.Next)
            {
                to.Add(connection);
            }
        }
    }

    /// <summary>The connection with an id; null: there is none.</summary>
    public LiveConnection? Find(long id)
    {
        var shard = _shards[(int)(Math.Max(id, 0) % Parts)];
        lock (shard)
        {
            var connection = shard.First;
            while (connection is not null && connection.Id != id)
            {
                connection = connection.Next;
            }

            return connection;
        }
    }

    private sealed class Shard
    {
        public LiveConnection? First { get; set; }
    }
}
