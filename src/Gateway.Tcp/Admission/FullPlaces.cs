using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Admission;

/// <summary>
/// Logs that every place is taken: one line a minute at most, with the address that holds most connections. Safe from any thread.
/// </summary>
internal sealed partial class FullPlaces(ConnectionLimit limit, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromMinutes(1);

    private long _lastLine;

    /// <summary>Reports a connection that found no free place.</summary>
    public void Report()
    {
        var last = Volatile.Read(ref _lastLine);
        if ((last == 0 || time.GetElapsedTime(last) >= BetweenLines)
            && Interlocked.CompareExchange(ref _lastLine, time.GetTimestamp(), last) == last)
        {
            var clients = limit.Quiet.Snapshot().Select(static connection => connection.ClientAddress);
            var most = clients.CountBy(static client => client).DefaultIfEmpty().MaxBy(static pair => pair.Value);
            Log.Full(logger, limit.Max, most.Key?.ToString() ?? "-", most.Value);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2036, LogLevel.Warning, "All {Max} places for connections are taken (Limits:MaxConnections). "
            + "A new one gets that of the connection that has been silent for longest without a byte, and is refused where there is none "
            + "(reason limit). Most connections are of {Client}: {Count}")]
        public static partial void Full(ILogger logger, int max, string client, int count);
    }
}
