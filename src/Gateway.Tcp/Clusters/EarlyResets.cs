using System.Net;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// Counts connections that a destination, or one of its addresses, resets before the first byte of an answer: a server that accepts but
/// does not work. A connect says nothing about that, so connects do not end the row; an answer does.
/// <para>
/// A client can make a server reset its connection. So resets in a row of the same client count once, and before a row is complete,
/// <see cref="Count"/> asks whether any other connection has got an answer since the row began.
/// </para>
/// Safe from any thread. Without resets the cost is the read of a field at the end of each connection.
/// </summary>
internal sealed class EarlyResets
{
    // Looking for an answer costs a walk over the live connections. After an answer was found, resets are nobody's fault for this long.
    private static readonly TimeSpan Excuse = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private int _inARow;
    private IPAddress? _lastClient;
    private long _since;
    private long _excusedUntil;

    /// <summary>Notes that a connection has got an answer.</summary>
    public void Answered()
    {
        if (Volatile.Read(ref _inARow) != 0)
        {
            Forget();
        }
    }

    /// <summary>Forgets the row.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            (_lastClient, _inARow) = (null, 0);
        }
    }

    /// <summary>Notes a reset.</summary>
    /// <param name="failures">How many resets in a row are too many.</param>
    /// <param name="now">The time.</param>
    /// <param name="client">The client's address.</param>
    /// <param name="acceptedAt">When the client's connection was accepted.</param>
    /// <param name="hasAnswered">Whether a connection that was accepted at this time or later has got bytes of an answer.</param>
    /// <returns>
    /// Whether there are too many. The next reset is one too many again, unless an answer comes first: a connect alone is no recovery.
    /// </returns>
    public bool Count(int failures, TimeSpan now, IPAddress client, long acceptedAt, Func<long, bool> hasAnswered)
    {
        long since;
        lock (_lock)
        {
            if (now.Ticks < _excusedUntil)
            {
                return false;
            }

            since = _since = _inARow == 0 ? acceptedAt : Math.Min(_since, acceptedAt);
            if (_inARow == 0 || !client.Equals(_lastClient))
            {
                Volatile.Write(ref _inARow, _inARow + 1);
            }

            _lastClient = client;
            if (_inARow < failures)
            {
                return false;
            }

            Volatile.Write(ref _inARow, failures - 1);
        }

        if (!hasAnswered(since))
        {
            return true;
        }

        lock (_lock)
        {
            (_lastClient, _inARow, _excusedUntil) = (null, 0, (now + Excuse).Ticks);
        }

        return false;
    }
}
