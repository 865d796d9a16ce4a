namespace Gateway.Tcp.Admission;

/// <summary>
/// A token bucket as one number per client: the time at which the bucket is full again (the generic cell rate algorithm). Taking a token
/// moves that time on by one interval; a token is there if the bucket is full, or will be within burst − 1 intervals. So an idle client
/// needs no timer, and a bucket that is full needs no memory. Times are in nanoseconds of any clock. Immutable.
/// </summary>
internal sealed class TokenRate
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly long _interval;
    private readonly long _tolerance;

    /// <summary>Makes a rate.</summary>
    /// <param name="perSecond">Tokens that are added each second.</param>
    /// <param name="burst">The size of the bucket; null: the tokens of one second, at least 1.</param>
    public TokenRate(double perSecond, int? burst)
    {
        // Rounded down, so that the tokens of a second are there when the second is over.
        _interval = Math.Max(1, (long)(NanosecondsPerSecond / perSecond));
        _tolerance = _interval * ((burst ?? (int)Math.Max(1, Math.Ceiling(perSecond))) - 1);
    }

    /// <summary>Whether a bucket has a token.</summary>
    /// <param name="fullAt">The time at which the bucket is full.</param>
    /// <param name="now">The time.</param>
    public bool HasToken(long fullAt, long now) => Bounded(fullAt, now) - now <= _tolerance;

    /// <summary>Takes a token, and returns the time at which the bucket is full.</summary>
    public long Take(long fullAt, long now) => Bounded(fullAt, now) + _interval;

    // A bucket that was filled under another rate counts as empty at most, so that a client does not wait for the old rate.
    private long Bounded(long fullAt, long now) => Math.Clamp(fullAt, now, now + _tolerance + _interval);
}
