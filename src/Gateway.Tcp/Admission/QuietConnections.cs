namespace Gateway.Tcp.Admission;

/// <summary>
/// Finds the connection that gives way if there are too many: the oldest connection whose client has not sent a byte. While there is room,
/// this class keeps no data. If a place is needed, it searches the live connections, and it remembers further candidates, because a flood
/// needs thousands of places. Safe from any thread.
/// </summary>
/// <param name="time">For the time between two searches; null: the system clock.</param>
public sealed class QuietConnections(TimeProvider? time = null)
{
    // A client that has just connected may be about to send.
    private static readonly TimeSpan Youngest = TimeSpan.FromSeconds(1);

    // A search through 10,000 connections takes a millisecond. So the searches take 1 % of a core, however many connections arrive.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private const int MostRemembered = 1024;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Queue<LiveConnection> _next = new();
    private volatile LiveConnections[] _watched = [];
    private long _lookedAt;

    /// <summary>Lets connections of a plane or listener give way from now on.</summary>
    public void Watch(LiveConnections live)
    {
        lock (_lock)
        {
            _watched = [.. _watched, live];
        }
    }

    /// <summary>All watched connections that exist now.</summary>
    public IEnumerable<LiveConnection> Snapshot() => _watched.SelectMany(static live => live.Snapshot());

    /// <summary>
    /// Takes the place from the connection that has been silent for longest, and for a second at least; null: there is none. The caller
    /// then owns the place, and must call <see cref="LiveConnection.GiveWay"/> on the connection.
    /// </summary>
    public LiveConnection? TryTakePlace()
    {
        lock (_lock)
        {
            if (_next.Count == 0 && (_lookedAt == 0 || _time.GetElapsedTime(_lookedAt) >= BetweenLooks))
            {
                Look();
            }

            while (_next.TryDequeue(out var candidate))
            {
                if (candidate.IsSilent && candidate.TryGiveUpPlace())
                {
                    return candidate;
                }
            }

            return null;
        }
    }

    /// <summary>
    /// Ends connections until only <paramref name="max"/> hold a place. Half of these places may be silent connections. So a new client has
    /// time to send while sending clients take places, and a client that has sent keeps its place while silent connections arrive. Among
    /// the connections that have sent, the connection whose last bytes are the oldest gives way. For few connections only, because each
    /// call searches all of them.
    /// </summary>
    public void EndMoreThan(int max)
    {
        lock (_lock)
        {
            var holders = Snapshot().Where(static connection => connection.HoldsPlace).ToList();
            while (holders.Count > max)
            {
                var silent = holders.Where(static connection => connection.IsSilent).ToList();
                var quietest =
                    silent.Count > Math.Max(1, max / 2) || silent.Count == holders.Count
                        ? silent.MinBy(static connection => (connection.AcceptedAt, connection.Id))!
                        : holders
                            .Where(static connection => !connection.IsSilent)
                            .MinBy(static connection => (connection.LastHeardAt, connection.Id))!;
                holders.Remove(quietest);
                if (quietest.TryGiveUpPlace())
                {
                    quietest.GiveWay();
                }
            }
        }
    }

    private void Look()
    {
        _lookedAt = _time.GetTimestamp();
        var silent = _watched.SelectMany(static live =>
            live.Snapshot()
                .Where(static connection => connection.IsSilent)
                .Select(connection => (Connection: connection, Age: live.ElapsedSince(connection.AcceptedAt))));
        foreach (var (connection, _) in silent
                .Where(static entry => entry.Age >= Youngest)
                .OrderByDescending(static entry => entry.Age)
                .Take(MostRemembered))
        {
            _next.Enqueue(connection);
        }
    }
}
