using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Relaying;

/// <summary>
/// The limit on the bytes per second of one direction of a relay. Bytes are read in portions of 25 ms, and the time of a portion has to
/// pass before the next portion is read. If the engine goes on late after such a wait, that time is not lost. Of the time in which the
/// source sends nothing, 40 ms count: so a message that fits into a portion is not delayed while the direction is below its limit, a sender
/// that stops for a moment keeps its rate, and a stream exceeds its limit by 65 ms at most. One thread at a time. Times are in microseconds
/// of any clock.
/// </summary>
internal sealed class Throttle
{
    /// <summary>The value of <see cref="ResumeAt"/> while nothing waits for the limit.</summary>
    public const long Never = long.MaxValue;

    private const long MicrosecondsPerSecond = 1_000_000;
    private const int PortionsPerSecond = 40;

    // With the least limit, half a second; with the largest portion of a relay, a pipe is filled four times.
    private const int LeastPortion = (int)(TcpRouteLimitsConfig.LeastBytesPerSecond / 2);
    private const int MostPortion = 1024 * 1024;

    // On a busy machine, an event loop or a timer may be so late. After a longer pause the limit starts anew, so that a pause of the
    // process does not become a burst.
    private const long MostCredit = MicrosecondsPerSecond / 2;
    private const long CreditOfSilence = MicrosecondsPerSecond / 25;

    private readonly long _bytesPerSecond;
    private long _paidAt;
    private bool _waits;
    private bool _isLifted;

    private Throttle(long bytesPerSecond)
    {
        _bytesPerSecond = bytesPerSecond;
        Portion = (int)Math.Clamp(bytesPerSecond / PortionsPerSecond, LeastPortion, MostPortion);
    }

    /// <summary>The most bytes that may be read at once.</summary>
    public int Portion { get; }

    /// <summary>When the next portion may be read, if <see cref="MayRead"/> has said no; otherwise <see cref="Never"/>.</summary>
    public long ResumeAt { get; private set; } = Never;

    /// <summary>The limit of a direction; null: none.</summary>
    public static Throttle? Of(long? bytesPerSecond) => bytesPerSecond is { } rate ? new Throttle(rate) : null;

    /// <summary>Whether a portion may be read now.</summary>
    public bool MayRead(long now)
    {
        _paidAt = Math.Max(_paidAt, now - (_waits ? MostCredit : CreditOfSilence));
        if (_paidAt <= now || _isLifted)
        {
            ResumeAt = Never;
            return true;
        }

        _waits = true;
        ResumeAt = _paidAt;
        return false;
    }

    /// <summary>Counts bytes that were read.</summary>
    public void Read(int bytes) => _paidAt += bytes * MicrosecondsPerSecond / _bytesPerSecond;

    /// <summary>Notes that the source has nothing to read: what it sends later gets little of the time until then.</summary>
    public void Idle() => _waits = false;

    /// <summary>Notes that nothing waits for the limit any more.</summary>
    public void Clear() => ResumeAt = Never;

    /// <summary>Ends the limit: all portions may be read.</summary>
    public void Lift() => _isLifted = true;
}
