namespace Gateway.Tcp.Balancing;

/// <summary>Counts turns. It outlives reloads, so that a reload does not begin a round anew. Safe from any thread.</summary>
/// <param name="last">The number before the first turn.</param>
internal sealed class Turns(int last = 0)
{
    private int _last = last;

    /// <summary>The number of the next turn: one more than the last number.</summary>
    public uint Next() => (uint)Interlocked.Increment(ref _last);
}
