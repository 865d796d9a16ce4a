namespace Gateway.Tcp.Admission;

/// <summary>A number of connections at once, and the limit on it. It outlives reloads. Safe from any thread.</summary>
public sealed class PlaceCount
{
    private int _count;

    /// <summary>The number of places that are taken.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Takes a place if fewer than <paramref name="most"/> are taken; null: no limit. A caller that is refused was never counted, so it
    /// keeps nobody else out.
    /// </summary>
    /// <param name="most">The limit.</param>
    public bool TryTake(int? most)
    {
        for (var count = Count; ;)
        {
            if (count >= most)
            {
                return false;
            }

            var found = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (found == count)
            {
                return true;
            }

            count = found;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Release() => Interlocked.Decrement(ref _count);
}
