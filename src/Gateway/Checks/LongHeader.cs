using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Whether a backend that reads V2 headers takes one as long as its routes may send: with TLVs they grow beyond what many take.
/// </summary>
internal static class LongHeader
{
    // What servers take at most (docs/backends.md); between two of them nothing has to be asked.
    private static readonly int[] Limits = [107, 109, 232, 256, 320, 404, 512, 536, 548, 1024, 1460, 1500, 4096, 16384];

    /// <summary>The longest header that its routes may send with TLVs; 0: they send none.</summary>
    public static int Of(BackendTarget target) =>
        target
            .Users.Where(user =>
                user.SourceIp.Mode == SourceIpMode.ProxyProtocol || user.SourceIp.Fallback == SourceIpFallback.ProxyProtocol)
            .Select(user => user.HeaderBytes)
            .DefaultIfEmpty()
            .Max();

    /// <summary>Asks with one as long, and if it is refused, which it takes.</summary>
    /// <returns>The longest that was taken; null: the full length.</returns>
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
