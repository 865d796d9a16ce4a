namespace Gateway.Tcp.Dnat;

/// <summary>
/// Finds connections that get no answer, which no error reports, in the counters. For each destination and interval it compares three
/// numbers: the unanswered packets of clients that arrived, those that left this host, and the first answers. A packet at the end of an
/// interval is answered in the next interval, so each interval is judged one interval later.
/// </summary>
internal sealed class AnswerWatch
{
    // A client that gets no answer sends SYNs after 0, 1, 3 and 7 s.
    private const long FewPackets = 3;

    // A few packets are always lost and sent again. If one in ten has no answer, there is a real problem.
    private const int ShareOfAll = 10;

    private readonly Dictionary<Key, Entry> _entries = [];

    /// <summary>Adds the increment of a counter.</summary>
    public void Add(DnatCounter counter, long packets)
    {
        if (counter.Kind is not (DnatCounterKind.Tried or DnatCounterKind.Left or DnatCounterKind.Answered))
        {
            return;
        }

        var key = new Key(counter.Listener, counter.Route.Cluster.Name, counter.Destination, counter.Family);
        if (!_entries.TryGetValue(key, out var entry))
        {
            _entries[key] = entry = new Entry();
        }

        entry.Now = counter.Kind switch
        {
            DnatCounterKind.Tried => entry.Now with { Tried = entry.Now.Tried + packets },
            DnatCounterKind.Left => entry.Now with { Left = entry.Now.Left + packets },
            _ => entry.Now with { Answered = entry.Now.Answered + packets },
        };
    }

    /// <summary>Ends an interval.</summary>
    /// <returns>The new findings. Each problem is reported once, until answers come again.</returns>
    public IReadOnlyList<AnswerFinding> EndInterval()
    {
        var findings = new List<AnswerFinding>();
        foreach (var (key, entry) in _entries)
        {
            var (before, now) = (entry.Before, entry.Now);
            var dropped = Missing(before.Tried, before.Left, now.Tried, now.Left);
            var unanswered = Missing(before.Left, before.Answered, now.Left, now.Answered);
            if ((dropped > 0 || unanswered > 0) && !entry.IsTold)
            {
                entry.IsTold = true;
                findings.Add(
                    new AnswerFinding(
                        key.Listener,
                        key.Cluster,
                        key.Destination,
                        Math.Max(dropped, unanswered),
                        HasLeft: dropped < unanswered));
            }
            else if (dropped + unanswered == 0 && before.Answered > 0)
            {
                entry.IsTold = false;
            }

            // While there are no answers at all, the counts of several intervals add up, so that a few attempts are enough for a finding.
            entry.Before = before.Answered + now.Answered == 0 ? new Counts(before.Tried + now.Tried, before.Left + now.Left, 0) : now;
            entry.Now = default;
        }

        return findings;
    }

    private static long Missing(long from, long to, long fromLater, long toLater)
    {
        var missing = from - to - Math.Max(0, toLater - fromLater);
        return missing >= FewPackets && missing * ShareOfAll >= from ? missing : 0;
    }

    private readonly record struct Key(string Listener, string Cluster, string Destination, System.Net.Sockets.AddressFamily Family);

    private readonly record struct Counts(long Tried, long Left, long Answered);

    private sealed class Entry
    {
        public Counts Before { get; set; }

        public Counts Now { get; set; }

        public bool IsTold { get; set; }
    }
}
