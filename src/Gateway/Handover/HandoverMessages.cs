using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Handover;

/// <summary>
/// What two gateways say to each other over the unix socket of <c>Handover:Path</c>, a line each:
/// <code>
/// new:  gateway-handover 1
/// old:  sockets 12 table gateway_dnat     ("table -": no lock of a table follows; "busy": another process asks already)
/// old:  the descriptors of 12 sockets, then that of the lock, in messages of SCM_RIGHTS with a byte of data each
/// new:  ready gateway_dnat                (the table that the new process has taken over; "-": none)
///       or the end of the connection      (the new process has failed, and the old process goes on)
/// old:  released                          (the old process accepts no more)
/// </code>
/// </summary>
internal static class HandoverMessages
{
    public const string Hello = "gateway-handover 1\n";
    public const string Released = "released\n";
    public const string Busy = "busy\n";
    public const string NoTable = "-";

    /// <summary>The byte of data that goes with descriptors.</summary>
    public const byte Descriptors = (byte)'.';

    // More listeners than a file can have sensibly; a wrong number must not make the reader wait for millions.
    private const int MostSockets = 100_000;

    /// <summary>The most bytes of a line.</summary>
    public const int LongestLine = 256;

    /// <summary>The line that tells what follows.</summary>
    public static byte[] Offer(int sockets, string? table) =>
        Encoding.UTF8.GetBytes($"sockets {sockets.ToString(CultureInfo.InvariantCulture)} table {table ?? NoTable}\n");

    /// <summary>Reads the line that tells what follows; null: it is none.</summary>
    public static (int Sockets, string? Table)? ReadOffer(string line) =>
        line.TrimEnd('\n').Split(' ') is ["sockets", var text, "table", var table]
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MostSockets
            ? (count, table == NoTable ? null : table)
            : null;

    /// <summary>The line that says that the new process accepts.</summary>
    public static string Ready(string? table) => $"ready {table ?? NoTable}\n";

    /// <summary>Whether a line says that the new process accepts.</summary>
    /// <param name="line">The line; null: the connection has ended.</param>
    /// <param name="isTableTaken">Whether the new process has the table now.</param>
    public static bool IsReady(string? line, out bool isTableTaken)
    {
        isTableTaken = line is not null && line != Ready(null);
        return line?.StartsWith("ready ", StringComparison.Ordinal) == true;
    }

    /// <summary>Reads a line; null: the connection has ended, or the line is too long.</summary>
    public static async Task<string?> ReadLineAsync(Socket socket, CancellationToken cancellation)
    {
        var line = new byte[LongestLine];
        for (var length = 0; length < line.Length; length++)
        {
            if (await socket.ReceiveAsync(line.AsMemory(length, 1), cancellation) == 0)
            {
                return null;
            }

            if (line[length] == '\n')
            {
                return Encoding.UTF8.GetString(line, 0, length + 1);
            }
        }

        return null;
    }

    /// <summary>Sends a line.</summary>
    public static async Task SendAsync(Socket socket, string line, CancellationToken cancellation) =>
        _ = await socket.SendAsync(Encoding.UTF8.GetBytes(line), cancellation);
}
