namespace Gateway.Tcp.Dialing;

/// <summary>The time of a dial whose cluster has a DialTimeout. Other dials have none of this, and read no clock.</summary>
/// <param name="limit">The limit of the dial.</param>
/// <param name="time">The clock.</param>
internal sealed class DialClock(TimeSpan limit, TimeProvider time)
{
    // A server that is just being replaced is back within tens of milliseconds, or takes seconds. With the longest wait, a dial of a minute
    // makes some 80 rounds.
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);

    private long _began = time.GetTimestamp();
    private TimeSpan _backoff = FirstBackoff;
    private TimeSpan _wanted;
    private TimeSpan _allowed;

    /// <summary>Whether the time is over.</summary>
    public bool IsOver => Left() <= TimeSpan.Zero;

    /// <summary>
    /// Whether the current attempt got, or has left, less time than it should have: its timeout says nothing about a destination.
    /// </summary>
    public bool CutsAttempt => _allowed < _wanted || IsOver;

    /// <summary>What is left of the dial's time.</summary>
    public TimeSpan Left() => limit - time.GetElapsedTime(_began) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>How long a step may take that should have this time.</summary>
    public TimeSpan Left(TimeSpan step) => Left() is var left && left < step ? left : step;

    /// <summary>Begins an attempt that should have this time.</summary>
    /// <returns>How long it may take.</returns>
    public TimeSpan BeginAttempt(TimeSpan wanted)
    {
        (_wanted, _allowed) = (wanted, Left(wanted));
        return _allowed;
    }

    /// <summary>How long to wait before the next round: random, so that clients that failed together do not come again together.</summary>
    /// <returns>Whether time is left for another round.</returns>
    public bool TryBackOff(out TimeSpan wait)
    {
        wait = _backoff * (0.5 + (Random.Shared.NextDouble() / 2));
        _backoff = _backoff * 2 < LongestBackoff ? _backoff * 2 : LongestBackoff;
        return Left() > wait;
    }

    /// <summary>Takes the time since a moment out of the dial's time.</summary>
    public void SkipSince(long moment) => _began += time.GetTimestamp() - moment;
}
