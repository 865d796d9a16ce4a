namespace Gateway.Tcp.Balancing;

/// <summary>
/// The dials of a cluster that wait for a place, because each destination that they may use has as many connections as it may have.
/// <para>
/// 1. A place that becomes free goes to the dial that has waited longest among those that want it, and no other dial is woken.
/// 2. While anybody waits, a new dial joins the line even if it sees a free place, so that it overtakes nobody. Joining serves the line, so
/// the free place is taken at once.
/// 3. No place is lost: a dial joins before it looks for free places a last time, and whoever leaves a destination looks for waiting dials
/// after the place has become free.
/// </para>
/// Safe from any thread. Where no destination has a maximum, nothing here is called.
/// </summary>
internal sealed class WaitingLine
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiters = [];
    private volatile int _count;

    /// <summary>The number of dials that wait.</summary>
    public int Count => _count;

    /// <summary>Joins the line.</summary>
    /// <param name="wanted">The destinations, each of which will do.</param>
    /// <param name="most">The most dials that may wait.</param>
    /// <returns>Null: too many dials wait, and no place is free.</returns>
    public Waiter? TryJoin(IReadOnlyList<Share> wanted, int most)
    {
        var waiter = new Waiter(wanted);
        lock (_lock)
        {
            _waiters.AddLast(waiter);
            _count++;
            // From here on, whoever leaves a destination sees the waiter.
            Interlocked.MemoryBarrier();
            foreach (var share in wanted)
            {
                ServeOne(share.Load);
            }

            if (_count <= most || waiter.Place.IsCompleted)
            {
                return waiter;
            }

            Remove(waiter);
            return null;
        }
    }

    /// <summary>Gives up waiting.</summary>
    /// <returns>False: the dial has a place already.</returns>
    public bool TryLeave(Waiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Place.IsCompleted || !Remove(waiter))
            {
                return false;
            }

            waiter.GiveUp();
            return true;
        }
    }

    /// <summary>Serves the dial that has waited longest for a place at a destination, if there is a place.</summary>
    public void Serve(Load free)
    {
        if (_count == 0)
        {
            return;
        }

        lock (_lock)
        {
            ServeOne(free);
        }
    }

    /// <summary>Serves as many dials as there are places, after the maximum has changed.</summary>
    public void ServeAll(Load free)
    {
        lock (_lock)
        {
            while (ServeOne(free))
            {
            }
        }
    }

    private bool ServeOne(Load free)
    {
        for (var node = free.Connections < free.Most ? _waiters.First : null; node is not null; node = node.Next)
        {
            if (node.Value.TryServe(free))
            {
                _waiters.Remove(node);
                _count--;
                return true;
            }
        }

        return false;
    }

    private bool Remove(Waiter waiter)
    {
        if (!_waiters.Remove(waiter))
        {
            return false;
        }

        _count--;
        return true;
    }
}
