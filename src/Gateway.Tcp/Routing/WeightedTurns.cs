namespace Gateway.Tcp.Routing;

/// <summary>
/// Gives turns by weights. Each share is exact over a short run of turns, because the turns take points that are spread evenly (multiples
/// of the golden ratio) instead of random points. From any thread, without a lock.
/// </summary>
/// <param name="weights">The weights, none below 0.</param>
public sealed class WeightedTurns(IEnumerable<int> weights)
{
    // 2^32 divided by the golden ratio, the multiplier whose multiples are spread most evenly.
    private const uint Step = 2_654_435_769;

    private readonly ulong[] _ends = EndsOf(weights);
    private uint _next;

    /// <summary>Whose turn is next: the index of a weight. -1: all weights are 0.</summary>
    public int Next()
    {
        var point = ((ulong)(Interlocked.Increment(ref _next) * Step) * _ends[^1]) >> 32;
        for (var i = 0; i < _ends.Length; i++)
        {
            if (point < _ends[i])
            {
                return i;
            }
        }

        return -1;
    }

    private static ulong[] EndsOf(IEnumerable<int> weights)
    {
        var end = 0UL;
        return [.. weights.Select(weight => end += (ulong)weight)];
    }
}
