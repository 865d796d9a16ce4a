using Gateway.Tcp.Admission;

namespace Gateway.Http.Connections;

/// <summary>
/// The connections that no listener admits, and whose requests are answered with that. They hold places like any other connection, so few
/// of them may wait, and not for long.
/// </summary>
/// <param name="limit">The cap on all connections.</param>
/// <param name="time">The clock.</param>
internal sealed class RefusedConnections(ConnectionLimit limit, TimeProvider time)
{
    // Clients that are not admitted leave three quarters of all places to others.
    private const int ShareOfPlaces = 4;
    private const int Least = 16;

    // Time for a TLS handshake and the head of one request.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly PlaceCount _places = new();

    /// <summary>Takes a place for a connection; false: too many wait.</summary>
    public bool TryTake() => _places.TryTake(Math.Max(Least, limit.Max / ShareOfPlaces));

    /// <summary>Gives the place of a connection back.</summary>
    public void Release() => _places.Release();

    /// <summary>Serves a connection that has taken a place, and ends it if that takes long.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="serve">Serves its requests.</param>
    public async Task RunAsync(HttpConnection connection, Func<Task> serve)
    {
        TimerCallback end = static connection => ((HttpConnection)connection!).Fail(((HttpConnection)connection).Refusal!.Value);
        await using var timer = time.CreateTimer(end, connection, Longest, Timeout.InfiniteTimeSpan);
        await serve();
    }
}
