using Gateway.Linux;

namespace Gateway.Tcp.Listening;

/// <summary>The cap on all connections of the process, TCP and HTTP together. Safe from any thread.</summary>
public sealed class ConnectionLimit
{
    // What is not a connection: the two ends of the engine's 256 pipes, and as many for listeners, epoll sets, files, exporters, probes and admin.
    private const long ReservedDescriptors = 1024;

    // Accepted socket and backend socket.
    private const long DescriptorsPerConnection = 2;

    private const int Least = 64;

    // Where the descriptor limit is not known.
    private const int Unknown = 100_000;

    private int _count;

    /// <summary>Makes a limit.</summary>
    /// <param name="max">
    /// The most connections at once; null: <see cref="Default"/>. Never more than that: a .NET process that has no descriptor left at all can end ("Out of memory.", measured with 400
    /// descriptors and a flood right after the start).
    /// </param>
    public ConnectionLimit(int? max = null) => Max = Math.Min(max ?? int.MaxValue, Default());

    /// <summary>The most connections at once.</summary>
    public int Max { get; }

    /// <summary>The connections that hold a place now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// (descriptor limit − 1024) / 2: two descriptors per connection and 1024 for everything else, so that the cap is met before accept or connect fails with
    /// EMFILE. At least 64. The .NET runtime raises the soft limit to the hard one at start.
    /// </summary>
    public static int Default() =>
        DescriptorLimit.Read() is { } limit
            ? (int)Math.Clamp((limit - ReservedDescriptors) / DescriptorsPerConnection, Least, int.MaxValue)
            : Unknown;

    /// <summary>Takes a place; false if all are taken.</summary>
    public bool TryAcquire()
    {
        if (Interlocked.Increment(ref _count) <= Max)
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <summary>Gives a place back that <see cref="TryAcquire"/> gave.</summary>
    public void Release() => Interlocked.Decrement(ref _count);
}
