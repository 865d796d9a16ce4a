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
/// <param name="listForwarded">Asks the kernel for the connections that it forwards, but for at most so many.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveList(
    LiveConnections tcp,
    LiveConnections http,
    Func<int, (IReadOnlyList<ConnectionSummary> Connections, int Total)> listForwarded,
    TimeProvider time)
{
    // More connections would take memory in proportion to them, for an answer of at most a thousand.
    private const int MostForwarded = 10_000;

    // The kernel copies its whole table for each look, so a look is good for some time.
    private static readonly TimeSpan ForwardedAge = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private (IReadOnlyList<ConnectionSummary> Connections, int Total) _forwarded = ([], 0);
    private long? _forwardedAt;

    /// <summary>The number of live connections: carried, of HTTP clients, forwarded.</summary>
    public (int Tcp, int Http, int Dnat) Count() => (tcp.Count, http.Count, Forwarded().Total);

    /// <summary>Finds connections.</summary>
    /// <param name="filter">Which.</param>
    /// <returns>The connections in the order that was asked for, at most as many as the limit, and the number of all that match.</returns>
    public (IReadOnlyList<ConnectionSummary> Connections, int Total) Find(ConnectionFilter filter)
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

        var forwarded = Forwarded();
        var matching = forwarded.Connections
            .Where(one => filter.Matches(one.ClientAddress, one.Listener, one.Route) && (filter.Port ?? one.Client.Port) == one.Client.Port)
            .ToList();
        var isAll = filter is { Client: null, Port: null, Listener: null, Route: null };
        return ([.. found, .. matching.Take(filter.Limit - found.Length)], total + (isAll ? forwarded.Total : matching.Count));
    }

    /// <summary>The numbers of live connections by listener.</summary>
    public IReadOnlyDictionary<string, int> CountByListener()
    {
        var counts = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var listener in Walk().Select(static connection => connection.ListenerName)
            .Concat(Forwarded().Connections.Select(static connection => connection.Listener)))
        {
            counts[listener] = counts.GetValueOrDefault(listener) + 1;
        }

        return counts;
    }

    /// <summary>A live connection of either plane; null: there is none with this number.</summary>
    public AcceptedConnection? Find(long number) => (tcp.Find(number) ?? http.Find(number)) as AcceptedConnection;

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

    private (IReadOnlyList<ConnectionSummary> Connections, int Total) Forwarded()
    {
        lock (_lock)
        {
            if (_forwardedAt is not { } at || time.GetElapsedTime(at) > ForwardedAge)
            {
                (_forwarded, _forwardedAt) = (listForwarded(MostForwarded), time.GetTimestamp());
            }

            return _forwarded;
        }
    }
}
