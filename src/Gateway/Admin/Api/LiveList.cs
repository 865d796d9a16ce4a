using Gateway.Tcp.Admission;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Status;

namespace Gateway.Admin.Api;

/// <summary>
/// The live connections of both planes and of the kernel. It walks the tables that admission and drain use anyway, in parts, so that no
/// lock is held for long, and makes objects only for the connections of the answer.
/// </summary>
/// <param name="tcp">The connections that an engine carries.</param>
/// <param name="http">The connections of HTTP clients.</param>
/// <param name="listForwarded">Asks the kernel for the connections that it forwards.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveList(
    LiveConnections tcp,
    LiveConnections http,
    Func<ForwardedQuestion, ForwardedAnswer> listForwarded,
    TimeProvider time) : IDisposable
{
    // The kernel copies its whole table for each look, so a look is good for some time: one for all that a page asks at a time, and for as
    // long as looks take a four-hundredth of the time: with two cores, a hundredth was seen in the 99th percentile of all connections.
    private const int ShareOfLooks = 400;
    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostAge = TimeSpan.FromMinutes(1);

    // A look takes as long as the table is large; others wait without a thread.
    private readonly SemaphoreSlim _look = new(1, 1);
    private ForwardedQuestion _question = new(null, null, null, null, 0);
    private ForwardedAnswer _forwarded = ForwardedAnswer.None;
    private long? _forwardedAt;
    private TimeSpan _forwardedFor = LeastAge;

    /// <summary>The number of live connections: carried, of HTTP clients, forwarded.</summary>
    public async Task<(int Tcp, int Http, int Dnat)> CountAsync() => (tcp.Count, http.Count, (await ForwardedAsync(null)).Total);

    /// <summary>Finds connections.</summary>
    /// <param name="filter">Which.</param>
    /// <returns>The connections in the order that was asked for, at most as many as the limit, and the number of all that match.</returns>
    public async Task<(IReadOnlyList<ConnectionSummary> Connections, int Total)> FindAsync(ConnectionFilter filter)
    {
        var (found, total) = FindAccepted(filter);
        var forwarded = await ForwardedAsync(
            new ForwardedQuestion(filter.Client, filter.Port, filter.Listener, filter.Route, filter.Limit));
        return ([.. found, .. forwarded.Connections.Take(filter.Limit - found.Length)], total + forwarded.Matching);
    }

    /// <summary>The numbers of live connections by listener.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CountByListenerAsync()
    {
        var counts = new Dictionary<string, int>((await ForwardedAsync(null)).ByListener, StringComparer.OrdinalIgnoreCase);
        foreach (var connection in Walk())
        {
            counts[connection.ListenerName] = counts.GetValueOrDefault(connection.ListenerName) + 1;
        }

        return counts;
    }

    /// <summary>A live connection of either plane; null: there is none with this number.</summary>
    public AcceptedConnection? Find(long number) => (tcp.Find(number) ?? http.Find(number)) as AcceptedConnection;

    /// <inheritdoc/>
    public void Dispose() => _look.Dispose();

    private (ConnectionSummary[] Connections, int Total) FindAccepted(ConnectionFilter filter)
    {
        var total = 0;
        var best = new PriorityQueue<AcceptedConnection, long>();
        foreach (var connection in Walk())
        {
            if (!filter.Matches(connection.ShownClient, connection.ListenerName, connection.RouteName) || !HasPort(connection, filter.Port))
            {
                continue;
            }

            total++;
            // The queue gives away the lowest rank first.
            var rank = filter.IsOldestFirst ? -connection.Id : connection.Id;
            if (best.Count < filter.Limit)
            {
                best.Enqueue(connection, rank);
            }
            else if (filter.Limit > 0)
            {
                best.EnqueueDequeue(connection, rank);
            }
        }

        var found = new ConnectionSummary[best.Count];
        for (var i = found.Length - 1; i >= 0; i--)
        {
            var connection = best.Dequeue();
            found[i] = connection.Summarize(time.GetUtcNow() - time.GetElapsedTime(connection.AcceptedAt));
        }

        return (found, total);
    }

    private static bool HasPort(AcceptedConnection connection, int? port) =>
        port is null || (connection.Identity?.Client ?? connection.Peer).Port == port;

    private IEnumerable<AcceptedConnection> Walk()
    {
        var part = new List<LiveConnection>();
        foreach (var live in new[] { tcp, http })
        {
            for (var number = 0; number < LiveConnections.Parts; number++)
            {
                part.Clear();
                live.CopyPart(number, part);
                foreach (var connection in part)
                {
                    if (connection is AcceptedConnection accepted)
                    {
                        yield return accepted;
                    }
                }
            }
        }
    }

    // Null: a question about the number of all, which the answer to any question has. It asks again for the connections that somebody has
    // asked for last, because the next one who asks is the page that has these on its screen.
    private async Task<ForwardedAnswer> ForwardedAsync(ForwardedQuestion? question)
    {
        await _look.WaitAsync();
        try
        {
            if (_forwardedAt is not { } at || time.GetElapsedTime(at) > _forwardedFor || (question is not null && question != _question))
            {
                _question = question ?? _question;
                var begin = time.GetTimestamp();
                _forwarded = listForwarded(_question);
                _forwardedAt = time.GetTimestamp();
                var share = time.GetElapsedTime(begin) * ShareOfLooks;
                _forwardedFor = share < LeastAge ? LeastAge : share > MostAge ? MostAge : share;
            }

            return _forwarded;
        }
        finally
        {
            _look.Release();
        }
    }
}
