using System.Globalization;

namespace Gateway.Tcp.Listening;

/// <summary>The cap on all connections of the process, TCP and HTTP together. Safe from any thread.</summary>
public sealed class ConnectionLimit
{
    // What is not a connection: listeners, epoll sets, files, logs, the pipes of splicing, exporters, probes and admin.
    private const long ReservedDescriptors = 512;

    // Accepted socket and backend socket.
    private const long DescriptorsPerConnection = 2;

    private const int Least = 64;

    // Where the descriptor limit is not known.
    private const int Unknown = 100_000;

    private int _count;

    /// <summary>Makes a limit.</summary>
    /// <param name="max">The most connections at once; null: derived from the descriptor limit by <see cref="Default"/>.</param>
    public ConnectionLimit(int? max = null) => Max = max ?? Default();

    /// <summary>The most connections at once.</summary>
    public int Max { get; }

    /// <summary>The connections that hold a place now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// (descriptor limit − 512) / 2: two descriptors per connection and 512 for everything else, so that the cap is met before accept or connect fails with
    /// EMFILE. At least 64. The .NET runtime raises the soft limit to the hard one at start.
    /// </summary>
    public static int Default() =>
        ReadDescriptorLimit() is { } limit
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

    // "Max open files            20000                20000                files"
    private static long? ReadDescriptorLimit()
    {
        const string Row = "Max open files";
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            var row = File.ReadLines("/proc/self/limits").FirstOrDefault(static line => line.StartsWith(Row, StringComparison.Ordinal));
            var soft = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
