using System.Collections.Concurrent;

namespace Gateway.Tcp.Telemetry;

/// <summary>
/// Lets one of many like events be told: the first of its cause at once, then one in each interval, with the number of those in between.
/// Safe from any thread; takes no lock and allocates nothing for a cause that it knows.
/// </summary>
/// <typeparam name="TCause">
/// What makes events alike; made of names from the configuration and of our own words, never of what a peer sent.
/// </typeparam>
/// <param name="interval">The time between two lines of one cause.</param>
/// <param name="time">The clock.</param>
internal sealed class EventTally<TCause>(TimeSpan interval, TimeProvider time)
    where TCause : notnull
{
    // Names of listeners and clusters times a dozen reasons. Beyond that, names that come and go with each file would pile up: the oldest
    // knowledge is no loss.
    private const int MostCauses = 10_000;

    private readonly ConcurrentDictionary<TCause, Entry> _entries = new();

    /// <summary>Counts an event.</summary>
    /// <param name="cause">Its cause.</param>
    /// <param name="count">If it is to be told: how many there were since the last one that was, this one included.</param>
    /// <returns>Whether it is to be told.</returns>
    public bool Count(TCause cause, out long count)
    {
        if (!_entries.TryGetValue(cause, out var entry))
        {
            if (_entries.Count >= MostCauses)
            {
                _entries.Clear();
            }

            entry = _entries.GetOrAdd(cause, new Entry());
        }

        Interlocked.Increment(ref entry.Waiting);
        var last = Volatile.Read(ref entry.LastTold);
        var isTold = (last == 0 || time.GetElapsedTime(last) >= interval)
            && Interlocked.CompareExchange(ref entry.LastTold, Math.Max(1, time.GetTimestamp()), last) == last;
        count = isTold ? Interlocked.Exchange(ref entry.Waiting, 0) : 0;
        return isTold;
    }

    private sealed class Entry
    {
        /// <summary>Timestamp of the last event that was told; 0: none was.</summary>
        public long LastTold;

        /// <summary>Events since.</summary>
        public long Waiting;
    }
}
