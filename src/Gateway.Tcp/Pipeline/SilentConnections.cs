using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Finds who gives way when every place is taken: the connection that came first of those whose clients have not sent a byte. Nothing is kept for it while there is room: those that are live
/// are looked through when one is needed, and the next ones remembered, since a flood comes by the thousand. Safe from any thread.
/// </summary>
internal sealed class SilentConnections(LiveConnections live, TimeProvider time)
{
    // Who has just come may be about to speak.
    private static readonly TimeSpan Youngest = TimeSpan.FromSeconds(1);

    // Looking through 10,000 takes a millisecond: 1 % of a core, however many come.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private const int MostRemembered = 1024;

    private readonly Lock _lock = new();
    private readonly Queue<ConnectionRecord> _next = new();
    private long _lookedAt;

    /// <summary>Ends the one that has been silent for longest, and takes its place from it; false if there is none.</summary>
    public bool TryEnd(Action release)
    {
        ConnectionRecord? silent = null;
        lock (_lock)
        {
            if (_next.Count == 0 && (_lookedAt == 0 || time.GetElapsedTime(_lookedAt) >= BetweenLooks))
            {
                Look();
            }

            while (silent is null && _next.TryDequeue(out var candidate))
            {
                silent = candidate.IsSilent && candidate.TryGiveUpPlace() ? candidate : null;
            }
        }

        if (silent is null)
        {
            return false;
        }

        // Its place is free before it has ended: the descriptors of those that are about to end are few, and the reserve has them.
        release();
        silent.Client.Abort(RelayEnd.Limit);
        return true;
    }

    private void Look()
    {
        _lookedAt = time.GetTimestamp();
        var silent = live.Snapshot().Where(record => record.IsSilent && time.GetElapsedTime(record.AcceptedAt) >= Youngest);
        foreach (var record in silent.OrderBy(static record => record.AcceptedAt).Take(MostRemembered))
        {
            _next.Enqueue(record);
        }
    }
}
