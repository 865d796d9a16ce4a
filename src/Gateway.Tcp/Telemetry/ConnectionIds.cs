using System.Globalization;

namespace Gateway.Tcp.Telemetry;

/// <summary>
/// Ids of connections. An id is unique on this gateway, across gateways and after a restart: it consists of 62 random bits of the process
/// and a number in this process. The same id is in the access log, in the UniqueId TLV, in HTTP headers and in the HTTP server's own log
/// lines, so that an operator can follow one connection through all of them.
/// </summary>
public static class ConnectionIds
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 48;

    // Of a Guid, whose random bytes come from the kernel: RandomNumberGenerator would load the library of cryptography, 4 MB that a gateway
    // without TLS does not need.
    private static readonly string Process = Guid.NewGuid().ToString("N")[16..];

    private static long _last;

    /// <summary>A new number for an accepted connection. Both planes share the numbers.</summary>
    public static long NextNumber() => Interlocked.Increment(ref _last);

    /// <summary>The id of a connection.</summary>
    /// <param name="number">The number of the connection in this process.</param>
    public static string Of(long number) => string.Create(CultureInfo.InvariantCulture, $"{Process}-{number}");

    /// <summary>The number of a connection, from its id.</summary>
    /// <param name="id">The id, of this process or another.</param>
    /// <returns>Null: it is no id of this process.</returns>
    public static long? NumberOf(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.Length > Process.Length + 1 && id.StartsWith(Process, StringComparison.Ordinal) && id[Process.Length] == '-'
            && long.TryParse(id.AsSpan(Process.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : null;
    }
}
