namespace Gateway.Tcp.Admission;

/// <summary>
/// Finds the connection that gives way when there are too many: of those whose clients have not sent a byte, the one that came first.
/// Nothing is kept for that while there is room: live connections are looked through when one is needed, and the next ones remembered,
/// since a flood comes by the thousand. Safe from any thread.
/// </summary>
/// <param name="time">For the time between two looks; null: the system's.</param>
public sealed class QuietConnections(TimeProvider? time = null)
{
    // A client that has just come may be about to speak.
    private static readonly TimeSpan Youngest = TimeSpan.FromSeconds(1);

    // Looking through 10,000 takes a millisecond: 1 % of a core, however many come.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private const int MostRemembered = 1024;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Queue<LiveConnection> _next = new();
    private volatile LiveConnections[] _watched = [];
    private long _lookedAt;

    /// <summary>Connections of these may give way from now on.</summary>
    public void Watch(LiveConnections live)
    {
        lock (_lock)
        {
            _watched = [.. _watched, live];
        }
    }

    /// <summary>Those that are there now, of all that are watched.</summary>
    public IEnumerable<LiveConnection> Snapshot() => _watched.SelectMany(static live => live.Snapshot());

    /// <summary>
    /// Takes its place from the connection that has been silent for longest, and for a second at least; null: there is none. The caller has
    /// the place then, and tells the connection (<see cref="LiveConnection.GiveWay"/>).
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
    /// Ends so many that <paramref name="max"/> hold a place. Half of them may be silent: a client that has just come has time to speak
    /// while others that speak take places, and a client that has spoken keeps its place while silent ones come. Of those that have spoken,
    /// the one whose last bytes are the oldest gives way. For few connections: each call looks through all.
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
