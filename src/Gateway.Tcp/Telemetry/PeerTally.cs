using System.Net;

namespace Gateway.Tcp.Telemetry;

/// <summary>
/// Reduces many similar events of many peers to few log lines: in each interval the first peers of a cause are reported, each peer once,
/// with the number of events since the last report of the cause. Where an operator has to add peers to a list, one peer in each interval
/// (<see cref="EventTally{TCause}"/>) would be too few. Safe from any thread. Its memory is bounded whatever peers come.
/// </summary>
/// <param name="interval">The length of an interval.</param>
/// <param name="most">The number of peers of a cause that are reported in one interval.</param>
/// <param name="time">The clock.</param>
internal sealed class PeerTally(TimeSpan interval, int most, TimeProvider time)
{
    // The causes are names of listeners times a dozen rules. The bound is there because names of earlier reloads stay in the dictionary.
    private const int MostCauses = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Listener, string Rule), Entry> _entries = [];

    /// <summary>Counts an event.</summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="rule">The rule, a fixed word.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="count">If the event is to be reported: the number of events since the last report, this event included.</param>
    /// <returns>Whether the event is to be reported.</returns>
    public bool Count(string listener, string rule, IPAddress peer, out long count)
    {
        // The lock is held for a lookup. Only connections that a policy would refuse come here.
        lock (_lock)
        {
            if (!_entries.TryGetValue((listener, rule), out var entry))
            {
                if (_entries.Count >= MostCauses)
                {
                    _entries.Clear();
                }

                _entries[(listener, rule)] = entry = new Entry { Began = time.GetTimestamp() };
            }

            entry.Waiting++;
            if (time.GetElapsedTime(entry.Began) >= interval)
            {
                entry.Began = time.GetTimestamp();
                entry.Told.Clear();
            }

            if (entry.Told.Count >= most || !entry.Told.Add(peer))
            {
                count = 0;
                return false;
            }

            (count, entry.Waiting) = (entry.Waiting, 0);
            return true;
        }
    }

    private sealed class Entry
    {
        /// <summary>The timestamp when the interval began.</summary>
        public long Began;

        /// <summary>The number of events since the last report.</summary>
        public long Waiting;

        /// <summary>The peers that were reported in this interval.</summary>
        public HashSet<IPAddress> Told { get; } = [];
    }
}
