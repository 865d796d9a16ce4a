using Gateway.Linux;

namespace Gateway.Tcp.Admission;

/// <summary>
/// The cap on all connections of the process, TCP and HTTP together, by the descriptors and the memory that there are. A client's
/// connection takes two, its own and that of one connection to a destination. HTTP can need more of the latter: a client's own, kept
/// between requests, and several at once for the streams of one HTTP/2 connection. Those take one each (<see cref="Further"/>), and at most
/// half of what there is, so that they cannot keep clients out. Safe from any thread.
/// </summary>
public sealed class ConnectionLimit
{
    // What is not a connection: the two ends of the engine's 256 pipes, and as many for listeners, epoll sets, files, exporters, and the
    // connections of Probes and Admin.
    private const long ReservedDescriptors = 1024;

    // Accepted socket and backend socket.
    private const long DescriptorsPerConnection = 2;

    private const int Least = 64;

    // Where the descriptor limit is not known.
    private const int Unknown = 100_000;

    private readonly Lock _lock = new();
    private readonly long _descriptors;
    private readonly int[] _counts = new int[4];

    /// <summary>Makes a limit.</summary>
    /// <param name="max">
    /// The most connections of clients at once; null: <see cref="Default"/>. Never more than <see cref="ByDescriptors"/>: a .NET process
    /// that has no descriptor left at all can end ("Out of memory.", measured with 400 descriptors and a flood right after the start).
    /// </param>
    public ConnectionLimit(int? max = null)
        : this(max, max is null ? Default() : ByDescriptors())
    {
    }

    /// <summary>Makes a limit for a process that has room for <paramref name="possible"/> connections of clients.</summary>
    internal ConnectionLimit(int? max, int possible)
    {
        Max = Math.Min(max ?? int.MaxValue, possible);
        MaxFurther = FurtherOf(Max, possible);
        _descriptors = DescriptorsPerConnection * possible;
    }

    /// <summary>The most connections of clients at once.</summary>
    public int Max { get; }

    /// <summary>The most connections to HTTP destinations beyond one for each of the clients' HTTP connections.</summary>
    public int MaxFurther { get; }

    /// <summary>The connections of clients that hold a place now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return Clients;
            }
        }
    }

    /// <summary>The connections to HTTP destinations now that took room of their own.</summary>
    public int Further
    {
        get
        {
            lock (_lock)
            {
                return FurtherNow;
            }
        }
    }

    /// <summary>
    /// Asked when there is no room: takes what is idle longest out of use, and returns what closes it and gives its places back; null:
    /// nothing is idle. Quick, and asked on any thread; closing takes its time (an HTTP client with its connections). Null: nobody can.
    /// </summary>
    public Func<Action?>? MakeRoom { get; set; }

    /// <summary>Told of each client's connection that finds every place taken, whether another gives way or not.</summary>
    public Action? Full { get; set; }

    /// <summary>
    /// Finds, when clients have taken every place, one of their connections that gives way. Each plane has its connections watched.
    /// </summary>
    public QuietConnections Quiet { get; } = new();

    private int Clients => _counts[(int)ConnectionKind.Relayed] + _counts[(int)ConnectionKind.Http];

    private int FurtherNow =>
        _counts[(int)ConnectionKind.Own] + Math.Max(0, _counts[(int)ConnectionKind.Shared] - _counts[(int)ConnectionKind.Http]);

    private long Used => (DescriptorsPerConnection * Clients) + FurtherNow;

    /// <summary>
    /// What there are descriptors for, and memory (<see cref="ConnectionMemory"/>): a container has a million descriptors and not the
    /// memory for them. At least 64.
    /// </summary>
    public static int Default() => Math.Min(ByDescriptors(), ByMemory(ConnectionMemory.Available));

    /// <summary>
    /// (descriptor limit − 1024) / 2: two descriptors per connection and 1024 for everything else, so that the cap is met before accept or
    /// connect fails with EMFILE. At least 64. The .NET runtime raises the soft limit to the hard one at start.
    /// </summary>
    public static int ByDescriptors() =>
        DescriptorLimit.Read() is { } limit
            ? (int)Math.Clamp((limit - ReservedDescriptors) / DescriptorsPerConnection, Least, int.MaxValue)
            : Unknown;

    /// <summary>What <paramref name="available"/> bytes of memory have room for; at least 64.</summary>
    public static int ByMemory(long available) => Math.Max(Least, ConnectionMemory.RoomIn(available));

    /// <summary>
    /// What is left for further connections if <paramref name="max"/> of <paramref name="possible"/> clients are the most; at least half of
    /// all descriptors.
    /// </summary>
    public static int FurtherOf(int max, int possible) =>
        (int)Math.Min(Math.Max(DescriptorsPerConnection * ((long)possible - max), possible), int.MaxValue);

    /// <summary>
    /// Takes a place; false if all are taken, and nobody is idle, or for a client silent, who could give one up. Not on an event loop: it
    /// may close what is idle.
    /// </summary>
    public bool TryAcquire(ConnectionKind kind = ConnectionKind.Relayed)
    {
        while (!TryTake(kind, out var close))
        {
            if (close is null)
            {
                return false;
            }

            close();
        }

        return true;
    }

    /// <summary>The same on an event loop: what is idle is closed on a thread of the pool, and the caller goes on there.</summary>
    public async ValueTask<bool> TryAcquireAsync(ConnectionKind kind)
    {
        while (!TryTake(kind, out var close))
        {
            if (close is null)
            {
                return false;
            }

            await Task.Run(close);
        }

        return true;
    }

    // False with something to close: then there may be room.
    private bool TryTake(ConnectionKind kind, out Action? close)
    {
        close = null;
        while (true)
        {
            var (isTaken, isHopeless) = Try(kind);
            if (isTaken)
            {
                return true;
            }

            close = isHopeless ? null : MakeRoom?.Invoke();
            if (close is not null || kind is not (ConnectionKind.Relayed or ConnectionKind.Http))
            {
                return false;
            }

            Full?.Invoke();
            if (Quiet.TryTakePlace() is not { Kind: { } freed } silent)
            {
                return false;
            }

            // The place is free before the connection has ended: the descriptors of those that are about to end are few, and the reserve
            // has them.
            Release(freed);
            silent.GiveWay();
        }
    }

    /// <summary>Takes a place whether there is one or not: for what is ours, and few.</summary>
    public void Acquire(ConnectionKind kind)
    {
        lock (_lock)
        {
            _counts[(int)kind]++;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Release(ConnectionKind kind = ConnectionKind.Relayed)
    {
        lock (_lock)
        {
            _counts[(int)kind]--;
        }
    }

    // Hopeless: no room that anybody makes would change it.
    private (bool IsTaken, bool IsHopeless) Try(ConnectionKind kind)
    {
        lock (_lock)
        {
            var (used, further) = (Used, FurtherNow);
            _counts[(int)kind]++;
            var isHopeless = kind is ConnectionKind.Relayed or ConnectionKind.Http && Clients > Max;
            if (!isHopeless && (Used <= used || (Used <= _descriptors && FurtherNow <= Math.Max(further, MaxFurther))))
            {
                return (true, false);
            }

            _counts[(int)kind]--;
            return (false, isHopeless);
        }
    }
}
