using System.Collections.Concurrent;

namespace Gateway.Tcp.Telemetry;

/// <summary>
/// Reduces many similar events to few log lines: the first event of a cause is reported at once, then one event per interval, with the
/// number of events in between. Safe from any thread; takes no lock and allocates nothing for a known cause.
/// </summary>
/// <typeparam name="TCause">
/// The cause, which similar events share. It consists of names from the configuration and of fixed words, never of bytes that a peer sent.
/// </typeparam>
/// <param name="interval">The time between two reports of one cause.</param>
/// <param name="time">The clock.</param>
public sealed class EventTally<TCause>(TimeSpan interval, TimeProvider time)
    where TCause : notnull
{
    // The causes are names of listeners and clusters times a dozen reasons. The bound is there because names of earlier reloads stay in the
    // dictionary. When it is reached, the tally starts anew.
    private const int MostCauses = 10_000;

    private readonly ConcurrentDictionary<TCause, Entry> _entries = new();

    /// <summary>Counts an event.</summary>
    /// <param name="cause">The cause of the event.</param>
    /// <param name="count">If this event is to be reported: the number of events since the last report, this event included.</param>
    /// <returns>Whether this event is to be reported.</returns>
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
        /// <summary>Timestamp of the last reported event; 0: there is none.</summary>
        public long LastTold;

        /// <summary>The number of events since then.</summary>
        public long Waiting;
    }
}
