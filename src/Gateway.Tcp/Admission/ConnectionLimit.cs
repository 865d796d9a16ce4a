using Gateway.Linux;

namespace Gateway.Tcp.Admission;

/// <summary>
/// The cap on all connections of the process, TCP and HTTP together. It depends on the descriptors and the memory of the process.
/// 1. A client's connection takes two descriptors: its own, and one for a connection to a destination.
/// 2. HTTP can need further connections to destinations: a client's own connection that is kept between requests, and several at once for
/// the streams of one HTTP/2 connection. Each of these takes one descriptor (<see cref="Further"/>).
/// 3. Further connections get at most half of the descriptors, or what the maximum of clients leaves free if that is more. So they cannot
/// keep clients out.
/// Safe from any thread.
/// </summary>
public sealed class ConnectionLimit
{
    // Descriptors that are not for clients: 512 for the two ends of the engine's 256 pipes, and 512 for listeners, epoll sets, files,
    // exporters, and the connections of Probes and Admin.
    private const long ReservedDescriptors = 1024;

    // The accepted socket and the backend socket.
    private const long DescriptorsPerConnection = 2;

    private const int Least = 64;

    // The cap if the descriptor limit is not known.
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

    /// <summary>The number of clients' connections that hold a place now.</summary>
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

    /// <summary>The number of connections to HTTP destinations now that are not covered by a client's connection.</summary>
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
    /// Called if there is no room: takes the object that is idle for longest (an HTTP client with its connections) out of use, and returns
    /// an action that closes this object and releases its places. The call returns null if nothing is idle. It is quick, and may come on
    /// any thread; the returned action may be slow. Null: nothing can make room.
    /// </summary>
    public Func<Action?>? MakeRoom { get; set; }

    /// <summary>Called for each client's connection that finds every place taken, whether another connection gives way or not.</summary>
    public Action? Full { get; set; }

    /// <summary>
    /// Finds a client's connection that gives way if clients have taken every place. Each plane registers its connections here.
    /// </summary>
    public QuietConnections Quiet { get; } = new();

    private int Clients => _counts[(int)ConnectionKind.Relayed] + _counts[(int)ConnectionKind.Http];

    private int FurtherNow =>
        _counts[(int)ConnectionKind.Own] + Math.Max(0, _counts[(int)ConnectionKind.Shared] - _counts[(int)ConnectionKind.Http]);

    private long Used => (DescriptorsPerConnection * Clients) + FurtherNow;

    /// <summary>
    /// The number of connections for which there are both descriptors and memory (<see cref="ConnectionMemory"/>), because a container may
    /// have a million descriptors but not the memory for them. At least 64.
    /// </summary>
    public static int Default() => Math.Min(ByDescriptors(), ByMemory(ConnectionMemory.Available));

    /// <summary>
    /// (descriptor limit − 1024) / 2: two descriptors per connection and 1024 for everything else, so that the cap takes effect before
    /// accept or connect fails with EMFILE. At least 64. The .NET runtime raises the soft limit to the hard limit at start.
    /// </summary>
    public static int ByDescriptors() =>
        DescriptorLimit.Read() is { } limit
            ? (int)Math.Clamp((limit - ReservedDescriptors) / DescriptorsPerConnection, Least, int.MaxValue)
            : Unknown;

    /// <summary>The number of connections that fit into <paramref name="available"/> bytes of memory; at least 64.</summary>
    public static int ByMemory(long available) => Math.Max(Least, ConnectionMemory.RoomIn(available));

    /// <summary>
    /// The number of further connections if at most <paramref name="max"/> of <paramref name="possible"/> clients are allowed; at least
    /// half of all descriptors.
    /// </summary>
    public static int FurtherOf(int max, int possible) =>
        (int)Math.Min(Math.Max(DescriptorsPerConnection * ((long)possible - max), possible), int.MaxValue);

    /// <summary>
    /// Takes a place. False: all places are taken, nothing idle can be closed, and (for a client) no silent connection can give its place
    /// up. Idle connections are closed on a thread of the pool, because that may be slow and the caller may be an event loop; the caller
    /// then goes on there.
    /// </summary>
    /// <param name="kind">The kind of connection.</param>
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

    // False with an action to close something: after that there may be room, so the caller tries again.
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

            // The place is free before the silent connection has ended. Connections that are about to end hold only few descriptors, and
            // the reserve covers them.
            Release(freed);
            silent.GiveWay();
        }
    }

    /// <summary>Takes a place even if none is free: for the few connections of the gateway itself.</summary>
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

    // Hopeless: clients have reached their maximum, so room that idle connections free would not help.
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
