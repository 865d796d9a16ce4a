namespace Gateway.Tcp.AccessLogs;

/// <summary>
/// Chooses a share of all connections by their number, so that whoever asks for the same connection gets the same answer: its lines of the
/// access log are there together, and a connection in a smaller share is in every larger share.
/// </summary>
internal static class ConnectionSample
{
    // 2^64 divided by the golden ratio. The products of consecutive numbers are spread evenly (Knuth, volume 3, section 6.4), so a share of
    // 0.1 has every tenth connection, nearly regularly.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    /// <summary>Whether a connection belongs to a share.</summary>
    /// <param name="number">The connection's number.</param>
    /// <param name="share">0: none, 1: all.</param>
    public static bool Has(long number, double share) =>
        share >= 1 || (share > 0 && ((unchecked((ulong)number * Spread) >> 11) * (1.0 / (1UL << 53))) < share);
}
