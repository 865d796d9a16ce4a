using System.Runtime.InteropServices;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Status;

namespace Gateway.Admin.Api;

/// <summary>
/// The live connections of both planes and of the kernel. It walks the tables that admission and drain use anyway, in parts, so that no
/// lock is held for long, and makes objects only for the connections of the answer. For one thread at a time (<see cref="ApiTurn"/>).
/// </summary>
/// <param name="tcp">The connections that an engine carries.</param>
/// <param name="http">The connections of HTTP clients.</param>
/// <param name="listForwarded">Asks the kernel for the connections that it forwards.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveList(
    LiveConnections tcp,
    LiveConnections http,
    Func<ForwardedQuestion, ForwardedAnswer> listForwarded,
    TimeProvider time)
{
    // The kernel copies its whole table for each look, so a look is good for some time: one for all that a page asks at a time, and for as
    // long as looks take a four-hundredth of the time, all pages together: with two cores, a hundredth was seen in the 99th percentile of
    // all connections.
    private const int ShareOfLooks = 400;

    // As many as there may be pages that follow.
    private const int MostLooks = EventsResource.MostSubscribers;

    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostAge = TimeSpan.FromMinutes(1);

    // A page asks for connections and for the numbers by listener, at the same time.
    private static readonly TimeSpan AgeOfCounts = TimeSpan.FromSeconds(1);

    private Dictionary<string, int> _counts = [];
    private long? _countedAt;

    // A page asks the same question every two seconds, and pages ask different ones. The newest look is the last one.
    private readonly List<Look> _looks = [];

    /// <summary>The number of live connections: carried, of HTTP clients, forwarded.</summary>
    public (int Tcp, int Http, int Dnat) Count() => (tcp.Count, http.Count, Forwarded(null).Total);

    /// <summary>Finds connections.</summary>
    /// <param name="filter">Which.</param>
    /// <returns>The connections in the order that was asked for, at most as many as the limit, and the number of all that match.</returns>
    public (IReadOnlyList<ConnectionSummary> Connections, int Total) Find(ConnectionFilter filter)
    {
        var (found, total) = FindAccepted(filter);
        var forwarded = Forwarded(new ForwardedQuestion(filter.Client, filter.Port, filter.Listener, filter.Route, filter.Limit));
        return ([.. found, .. forwarded.Connections.Take(filter.Limit - found.Length)], total + forwarded.Matching);
    }

    /// <summary>The numbers of live connections by listener.</summary>
    public IReadOnlyDictionary<string, int> CountByListener()
    {
        if (_countedAt is not { } at || time.GetElapsedTime(at) > AgeOfCounts)
        {
            FindAccepted(ConnectionFilter.None);
        }

        var counts = new Dictionary<string, int>(Forwarded(null).ByListener, StringComparer.OrdinalIgnoreCase);
        foreach (var (listener, count) in _counts)
        {
            counts[listener] = counts.GetValueOrDefault(listener) + count;
        }

        return counts;
    }

    /// <summary>A live connection of either plane; null: there is none with this number.</summary>
    public AcceptedConnection? Find(long number) => (tcp.Find(number) ?? http.Find(number)) as AcceptedConnection;

    private (ConnectionSummary[] Connections, int Total) FindAccepted(ConnectionFilter filter)
    {
        var total = 0;
        var best = new PriorityQueue<AcceptedConnection, long>();
        var counts = new Dictionary<string, int>(ReferenceEqualityComparer.Instance);
        foreach (var connection in Walk())
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, connection.ListenerName, out _)++;
            if (!filter.MatchesAll && !IsAskedFor(connection, filter))
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

        (_counts, _countedAt) = (counts, time.GetTimestamp());
        var found = new ConnectionSummary[best.Count];
        for (var i = found.Length - 1; i >= 0; i--)
        {
            var connection = best.Dequeue();
            found[i] = connection.Summarize(time.GetUtcNow() - time.GetElapsedTime(connection.AcceptedAt));
        }

        return (found, total);
    }

    private static bool IsAskedFor(AcceptedConnection connection, ConnectionFilter filter) => filter.Matches(
        connection.ShownClient, (connection.Identity?.Client ?? connection.Peer).Port, connection.ListenerName, connection.RouteName);

    // After each part it lets a thread run that waits for this core, an event loop above all, as a look at the kernel's table does.
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

                Thread.Yield();
            }
        }
    }

    // Null: a question about the number of all, which the answer to any question has. It asks again for the connections that somebody has
    // asked for last, because the next one who asks is the page that has these on its screen.
    private ForwardedAnswer Forwarded(ForwardedQuestion? question)
    {
        _looks.RemoveAll(look => time.GetElapsedTime(look.At) > MostAge);
        var known = question is null ? _looks.LastOrDefault() : _looks.Find(look => look.Question == question);
        // Each of several questions is asked again more seldom, so that all of them have the same share of the time as one.
        if (known is not null && time.GetElapsedTime(known.At) <= Clamp(known.Took * ShareOfLooks * _looks.Count))
        {
            return known.Answer;
        }

        if (known is not null)
        {
            _looks.Remove(known);
        }
        else if (_looks.Count == MostLooks)
        {
            _looks.RemoveAt(0);
        }

        question ??= known?.Question ?? new ForwardedQuestion(null, null, null, null, 0);
        var begin = time.GetTimestamp();
        var answer = listForwarded(question);
        _looks.Add(new Look(question, answer, time.GetTimestamp(), time.GetElapsedTime(begin)));
        return answer;
    }

    private static TimeSpan Clamp(TimeSpan age) => age < LeastAge ? LeastAge : age > MostAge ? MostAge : age;

    private sealed record Look(ForwardedQuestion Question, ForwardedAnswer Answer, long At, TimeSpan Took);
}
