using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Status;

/// <summary>
/// Counts how connections ended, by reason and minute, for the last hour. A ring of fixed size: about 12 KB, however many connections there
/// are. Counting takes no lock, but for the first connection of a minute.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class CloseHistory(TimeProvider time)
{
    /// <summary>The number of intervals that are kept.</summary>
    public const int Intervals = 60;

    /// <summary>
    /// The reason of an HTTP connection that ended in order. Who ended it is not known, because the server does not tell.
    /// </summary>
    public const string InOrder = "closed";

    /// <summary>The length of an interval.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private static readonly int Width = Enum.GetValues<CloseReason>().Length + 1;

    private readonly Lock _lock = new();
    private readonly int[] _counts = new int[Intervals * Width];
    private readonly long[] _minutes = new long[Intervals];

    private long Now => time.GetUtcNow().Ticks / Interval.Ticks;

    /// <summary>Counts a connection that ended.</summary>
    /// <param name="reason">The reason; null: in order.</param>
    public void Add(CloseReason? reason)
    {
        var minute = Now;
        var slot = (int)(minute % Intervals);
        if (Volatile.Read(ref _minutes[slot]) != minute)
        {
            Begin(slot, minute);
        }

        Interlocked.Increment(ref _counts[(slot * Width) + (reason is { } known ? (int)known : Width - 1)]);
    }

    /// <summary>The intervals of the last hour that had any end, from the oldest to the newest, with the counts by reason.</summary>
    public IReadOnlyList<(DateTimeOffset From, IReadOnlyList<(string Reason, int Count)> Counts)> Read()
    {
        var now = Now;
        var intervals = new List<(DateTimeOffset, IReadOnlyList<(string, int)>)>();
        lock (_lock)
        {
            for (var minute = now - Intervals + 1; minute <= now; minute++)
            {
                var slot = (int)(minute % Intervals);
                if (Volatile.Read(ref _minutes[slot]) == minute)
                {
                    intervals.Add((new DateTimeOffset(minute * Interval.Ticks, TimeSpan.Zero), CountsOf(slot)));
                }
            }
        }

        return intervals;
    }

    private List<(string, int)> CountsOf(int slot)
    {
        var counts = new List<(string, int)>();
        for (var i = 0; i < Width; i++)
        {
            if (Volatile.Read(ref _counts[(slot * Width) + i]) is > 0 and var count)
            {
                counts.Add((i == Width - 1 ? InOrder : ((CloseReason)i).Label(), count));
            }
        }

        return counts;
    }

    private void Begin(int slot, long minute)
    {
        lock (_lock)
        {
            // Nothing to do for the second of two threads, and after the clock was set back.
            if (_minutes[slot] < minute)
            {
                Array.Clear(_counts, slot * Width, Width);
                Volatile.Write(ref _minutes[slot], minute);
            }
        }
    }
}
