using Gateway.Tcp.Admission;

namespace Gateway.Http.Connections;

/// <summary>
/// Ends the connections of a listener that drains, one after another instead of all at once. Kestrel's stop sends GOAWAY and closes idle
/// connections in one moment, and all their clients would connect anew in that moment, with a TLS handshake each.
/// </summary>
/// <param name="live">The connections of all HTTP listeners.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Learns, at Debug, when all have been asked.</param>
internal sealed partial class SpreadClose(LiveConnections live, TimeProvider time, ILogger<SpreadClose> logger)
{
    // Few connections end at once, so that a shutdown does not take longer than before. A server takes some thousand handshakes a second.
    private const int PerTurn = 20;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(100);

    // The rest of the drain is for requests that are under way when the last connections are asked to end.
    private const double LongestShare = 0.5;

    /// <summary>Asks all connections of a listener to end, spread over at most half of a drain.</summary>
    /// <param name="acceptedBy">Whose connections: <see cref="HttpConnection.AcceptedBy"/>.</param>
    /// <param name="drain">The time of the whole drain.</param>
    /// <param name="deadline">Cancelled when the drain ends earlier: then the rest is asked at once.</param>
    public async Task RunAsync(object acceptedBy, TimeSpan drain, CancellationToken deadline)
    {
        var connections = live.Snapshot().OfType<HttpConnection>()
            .Where(connection => ReferenceEquals(connection.AcceptedBy, acceptedBy)).ToArray();
        var turns = (int)Math.Max(1, drain * LongestShare / Turn);
        var perTurn = Math.Max(PerTurn, (connections.Length + turns - 1) / turns);
        // The connections of one client are next to each other in time, and not next to each other in the order of their ends.
        Random.Shared.Shuffle(connections);
        for (var asked = 0; asked < connections.Length; asked++)
        {
            if (asked > 0 && asked % perTurn == 0)
            {
                await Task.Delay(Turn, time, deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            connections[asked].RequestClose();
        }

        Log.AllAsked(logger, connections.Length);
    }

    private static partial class Log
    {
        [LoggerMessage(1018, LogLevel.Debug, "{Count} HTTP connections were asked to end")]
        public static partial void AllAsked(ILogger logger, int count);
    }
}
