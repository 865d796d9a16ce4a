using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// All connections between accept and account. It roots them (a parked connection that nothing references would be collected) and lets a drain find
/// them. Lists under a lock each, chosen by connection id: event loops rarely meet at one.
/// </summary>
internal sealed class LiveConnections
{
    private const int Shards = 16;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, Shards).Select(static _ => new Shard())];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private volatile bool _draining;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether new ones are refused.</summary>
    public bool IsDraining => _draining;

    public void Add(ConnectionRecord record)
    {
        Interlocked.Increment(ref _count);
        var shard = _shards[record.Id % Shards];
        lock (shard)
        {
            record.Next = shard.First;
            if (shard.First is { } first)
            {
                first.Previous = record;
            }

            shard.First = record;
        }
    }

    public void Remove(ConnectionRecord record)
    {
        var shard = _shards[record.Id % Shards];
        lock (shard)
        {
            if (record.Previous is { } previous)
            {
                previous.Next = record.Next;
            }
            else
            {
                shard.First = record.Next;
            }

            if (record.Next is { } next)
            {
                next.Previous = record.Previous;
            }

            (record.Next, record.Previous) = (null, null);
        }

        if (Interlocked.Decrement(ref _count) == 0 && _draining)
        {
            _empty.TrySetResult();
        }
    }

    /// <summary>Refuses new ones from now on; the task ends when the last one has ended.</summary>
    public Task StartDraining()
    {
        _draining = true;
        if (Count == 0)
        {
            _empty.TrySetResult();
        }

        return _empty.Task;
    }

    /// <summary>Ends all that are left.</summary>
    public void AbortAll(RelayEnd reason)
    {
        // Outside the locks: an abort may run the rest of the pipeline, which removes its record.
        foreach (var record in Snapshot())
        {
            record.Client.Abort(reason);
            // The client's operations are ended by that, and the relay; a header that the backend does not take is the backend's.
            record.Backend?.Abort(reason);
        }
    }

    /// <summary>Those that are there now.</summary>
    public IReadOnlyList<ConnectionRecord> Snapshot()
    {
        var all = new List<ConnectionRecord>(Count);
        foreach (var shard in _shards)
        {
            lock (shard)
            {
                for (var record = shard.First; record is not null; record = record.Next)
                {
                    all.Add(record);
                }
            }
        }

        return all;
    }

    private sealed class Shard
    {
        public ConnectionRecord? First { get; set; }
    }
}
