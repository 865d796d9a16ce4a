using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Tcp.Telemetry;

/// <summary>
/// Ids of connections that no other connection has, on this gateway, on its neighbours or after a restart: 64 random bits of the process,
/// and a number in it. The same id is in the access log, in the UniqueId TLV, in HTTP headers and in the HTTP server's own log lines, so
/// that one connection can be followed through all of them.
/// </summary>
public static class ConnectionIds
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 48;

    private static readonly string Process = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    private static long _last;

    /// <summary>The number of a connection that was accepted now, whichever plane it belongs to.</summary>
    public static long NextNumber() => Interlocked.Increment(ref _last);

    /// <summary>The id of a connection.</summary>
    /// <param name="number">Its number in this process.</param>
    public static string Of(long number) => string.Create(CultureInfo.InvariantCulture, $"{Process}-{number}");
}
