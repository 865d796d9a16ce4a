using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Finds out whether a backend that reads V2 headers accepts the longest header that its routes may send. Headers with TLVs grow longer
/// than many servers accept.
/// </summary>
internal static class LongHeader
{
    // The length limits of known servers (docs/backends.md). Lengths between two limits need not be tried.
    private static readonly int[] Limits = [107, 109, 232, 256, 320, 404, 512, 536, 548, 1024, 1460, 1500, 4096, 16384];

    /// <summary>The longest header with TLVs that the target's routes may send; 0: they send no TLVs.</summary>
    public static int Of(BackendTarget target) =>
        target
            .Users.Where(user =>
                user.SourceIp.Mode == SourceIpMode.ProxyProtocol || user.SourceIp.Fallback == SourceIpFallback.ProxyProtocol)
            .Select(user => user.HeaderBytes)
            .DefaultIfEmpty()
            .Max();

    /// <summary>Tries a header of this length. If the backend refuses it, a binary search finds the longest that it accepts.</summary>
    /// <returns>The longest accepted length; null: the full length.</returns>
    public static async Task<int?> LongestTakenAsync(Interview interview, int length)
    {
        if (await interview.TakesAsync(length))
        {
            return null;
        }

        var (taken, refused) = (-1, Array.FindIndex(Limits, limit => limit >= length) is >= 0 and var end ? end : Limits.Length);
        while (refused - taken > 1)
        {
            var middle = (taken + refused) / 2;
            (taken, refused) = await interview.TakesAsync(Limits[middle]) ? (middle, refused) : (taken, middle);
        }

        return taken < 0 ? 0 : Limits[taken];
    }
}
