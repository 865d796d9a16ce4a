namespace Gateway.Tcp.Balancing;

/// <summary>
/// The number of connections that a destination, or one address of a destination, has now. A connection counts from the beginning of its
/// dial, so that dials at the same time do not all choose the same destination, and never exceed a maximum together. Safe from any thread.
/// </summary>
internal class Load
{
    /// <summary>The value of <see cref="Most"/> for no maximum.</summary>
    public const int Unlimited = int.MaxValue;

    private int _connections;
    private volatile int _most = Unlimited;

    /// <summary>The connections and dials now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>
    /// The most connections at once, according to the configuration in force. If there are more when a reload lowers the number, the
    /// connections go on, and there are no new ones until enough of them have ended.
    /// </summary>
    public int Most
    {
        get => _most;
        set => _most = value;
    }

    /// <summary>Counts a dial that begins.</summary>
    /// <param name="choice">The choice of this destination or address.</param>
    public Entry TryEnter(Choice choice)
    {
        var most = _most;
        if (choice.Seen != Choice.Anything)
        {
            return choice.Seen >= most ? Entry.Full
                : Interlocked.CompareExchange(ref _connections, choice.Seen + 1, choice.Seen) == choice.Seen ? Entry.Entered
                : Entry.Outdated;
        }

        if (most == Unlimited)
        {
            Interlocked.Increment(ref _connections);
            return Entry.Entered;
        }

        for (var seen = Connections; seen < most;)
        {
            var was = Interlocked.CompareExchange(ref _connections, seen + 1, seen);
            if (was == seen)
            {
                return Entry.Entered;
            }

            seen = was;
        }

        return Entry.Full;
    }

    /// <summary>Counts the end of a connection, or of a dial that failed.</summary>
    public virtual void Leave() => Interlocked.Decrement(ref _connections);

    /// <summary>Counts the end of a connection here, and in all that this is a part of.</summary>
    public virtual void End() => Leave();
}
