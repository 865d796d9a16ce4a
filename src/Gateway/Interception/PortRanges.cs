using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>
/// Sets of ports as sorted ranges without overlaps. They are needed because neither netfilter nor <c>ip rule</c> has "all except".
/// </summary>
internal static class PortRanges
{
    /// <summary>Removes ports from a set.</summary>
    /// <param name="ports">The ports, in any order; overlaps are joined.</param>
    /// <param name="without">The ports to remove.</param>
    public static IReadOnlyList<PortRange> Subtract(IEnumerable<PortRange> ports, IEnumerable<PortRange> without)
    {
        var left = ports.ToList();
        foreach (var hole in without)
        {
            left = [.. left.SelectMany(range => Cut(range, hole))];
        }

        return Join(left);
    }

    /// <summary>Joins ranges: sorted, each port once.</summary>
    /// <param name="ranges">The ranges, in any order.</param>
    public static IReadOnlyList<PortRange> Join(IEnumerable<PortRange> ranges)
    {
        var joined = new List<PortRange>();
        foreach (var range in ranges.OrderBy(range => range.First))
        {
            if (joined.Count > 0 && range.First <= joined[^1].Last + 1)
            {
                joined[^1] = joined[^1] with { Last = Math.Max(joined[^1].Last, range.Last) };
            }
            else
            {
                joined.Add(range);
            }
        }

        return joined;
    }

    private static IEnumerable<PortRange> Cut(PortRange range, PortRange hole)
    {
        if (!range.Overlaps(hole))
        {
            yield return range;
            yield break;
        }

        if (range.First < hole.First)
        {
            yield return range with { Last = hole.First - 1 };
        }

        if (range.Last > hole.Last)
        {
            yield return range with { First = hole.Last + 1 };
        }
    }
}
