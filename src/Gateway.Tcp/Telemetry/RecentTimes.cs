using System.Numerics;

namespace Gateway.Tcp.Telemetry;

/// <summary>
/// How long something took in the last minute, for the status page: a count for each range of times, in parts of ten seconds. Safe from any
/// thread, with no lock and no allocation once a part is there; when a part begins anew, counts of other threads may be lost.
/// </summary>
public sealed class RecentTimes
{
    private const int PartMilliseconds = 10_000;

    // A minute, and the part that is being filled.
    private const int Parts = 7;

    // Two ranges for each doubling, from 1 µs to an hour.
    private const int Ranges = 64;

    private readonly Func<long>? _milliseconds;
    private readonly Part?[] _parts = new Part?[Parts];

    /// <summary>Begins with nothing counted.</summary>
    /// <param name="milliseconds">
    /// The clock, in milliseconds that never fall. Defaults to the system's coarse one, which costs a fifth of a timestamp.
    /// </param>
    public RecentTimes(Func<long>? milliseconds = null) => _milliseconds = milliseconds;

    /// <summary>Counts one.</summary>
    /// <param name="took">How long it took.</param>
    /// <param name="isFault">Whether it counts in <see cref="RecentSummary.Faults"/>.</param>
    public void Count(TimeSpan took, bool isFault = false)
    {
        var part = Current(NumberNow());
        Interlocked.Increment(ref part.Counts[RangeOf(took)]);
        if (isFault)
        {
            Interlocked.Increment(ref part.Faults);
        }
    }

    /// <summary>Sums up the last minute.</summary>
    public RecentSummary Read()
    {
        var oldest = NumberNow() - Parts + 1;
        Span<int> counts = stackalloc int[Ranges];
        var (total, faults) = (0, 0);
        foreach (var part in _parts)
        {
            if (part is null || Volatile.Read(ref part.Number) < oldest)
            {
                continue;
            }

            faults += Volatile.Read(ref part.Faults);
            for (var range = 0; range < Ranges; range++)
            {
                var count = Volatile.Read(ref part.Counts[range]);
                counts[range] += count;
                total += count;
            }
        }

        return total == 0 ? default : new RecentSummary(total, faults, Quantile(counts, total, 0.5), Quantile(counts, total, 0.99));
    }

    private long NumberNow() => (_milliseconds?.Invoke() ?? Environment.TickCount64) / PartMilliseconds;

    private Part Current(long number)
    {
        var part = _parts[number % Parts] ?? Begin((int)(number % Parts));
        var was = Volatile.Read(ref part.Number);
        if (was != number && Interlocked.CompareExchange(ref part.Number, number, was) == was)
        {
            Array.Clear(part.Counts);
            part.Faults = 0;
        }

        return part;
    }

    private Part Begin(int index)
    {
        var made = new Part();
        return Interlocked.CompareExchange(ref _parts[index], made, null) ?? made;
    }

    private static int RangeOf(TimeSpan took)
    {
        var microseconds = (ulong)Math.Clamp(took.Ticks / TimeSpan.TicksPerMicrosecond, 1, uint.MaxValue);
        var power = BitOperations.Log2(microseconds);
        return (2 * power) + (power == 0 ? 0 : (int)(microseconds >> (power - 1)) & 1);
    }

    // The middle of the range, which is at most a quarter off.
    private static TimeSpan MiddleOf(int range)
    {
        var half = Math.ScaleB(0.5, range / 2);
        return TimeSpan.FromMicroseconds(half * (2.5 + (range % 2)));
    }

    private static TimeSpan Quantile(ReadOnlySpan<int> counts, int total, double share)
    {
        var left = (int)Math.Ceiling(total * share);
        for (var range = 0; range < Ranges; range++)
        {
            left -= counts[range];
            if (left <= 0)
            {
                return MiddleOf(range);
            }
        }

        return MiddleOf(Ranges - 1);
    }

    private sealed class Part
    {
        public readonly int[] Counts = new int[Ranges];
        public long Number = -1;
        public int Faults;
    }
}
