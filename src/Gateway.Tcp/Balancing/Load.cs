namespace Gateway.Tcp.Balancing;

/// <summary>
/// The number of connections that a destination, or one address of a destination, has now. A connection counts from the beginning of its
/// dial, so that dials at the same time do not all choose the same destination. Safe from any thread.
/// </summary>
internal class Load
{
    private int _connections;

    /// <summary>The connections and dials now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Counts a dial that begins.</summary>
    /// <param name="choice">The choice of this destination or address.</param>
    /// <returns>False: the number of connections has changed since the choice, and another choice may be better.</returns>
    public bool TryEnter(Choice choice)
    {
        if (choice.Seen != Choice.Anything)
        {
            return Interlocked.CompareExchange(ref _connections, choice.Seen + 1, choice.Seen) == choice.Seen;
        }

        Interlocked.Increment(ref _connections);
        return true;
    }

    /// <summary>Counts the end of a connection, or of a dial that failed.</summary>
    public virtual void Leave() => Interlocked.Decrement(ref _connections);

    /// <summary>Counts the end of a connection here, and in all that this is a part of.</summary>
    public virtual void End() => Leave();
}
