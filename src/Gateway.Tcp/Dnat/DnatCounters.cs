using System.Net.Sockets;
using Gateway.Linux.Netfilter;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Reads the counters of our rules in the kernel. They go into the metrics, and they show problems that no error reports, such as missing
/// answers (<see cref="AnswerWatch"/>). Used by one thread at a time.
/// </summary>
internal sealed partial class DnatCounters(DnatTable table, DnatMetrics metrics, TimeSpan interval, ILogger logger, TimeProvider time)
{
    // If two scrapers ask at the same time, the kernel is asked once.
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(200);

    private readonly DnatTally _tally = new();
    private readonly AnswerWatch _answers = new();
    private readonly HashSet<(string Listener, AddressFamily Family)> _rewritten = [];
    private long _intervalBegan;
    private long _readAt;

    /// <summary>Whether the counters were read a moment ago.</summary>
    public bool AreFresh => time.GetElapsedTime(_readAt) <= Fresh;

    /// <summary>To be called after the table was made anew, because every counter begins at 0 then.</summary>
    public void Restart()
    {
        _tally.Restart();
        _intervalBegan = time.GetTimestamp();
    }

    /// <summary>To be called for a new configuration: warnings that were logged once are logged again.</summary>
    public void Forget() => _rewritten.Clear();

    /// <summary>Reads the counters.</summary>
    /// <param name="applied">The rules that are in the table.</param>
    /// <returns>The kernel's answer. An answer that cannot be read is a failure too.</returns>
    public NftResult Read(DnatRuleset applied)
    {
        _readAt = time.GetTimestamp();
        var answer = table.Run(new NftCommands(table.Name).ListCounters());
        if (!answer.IsDone)
        {
            return answer;
        }

        try
        {
            Add(_tally.Read(answer.Output), applied);
        }
#pragma warning disable CA1031 // Whatever the reader makes of an answer: the rules must be kept, and removed at the end, all the same.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            return new NftResult(false, "", $"its counters cannot be read: {problem.Message}");
        }

        JudgeAnswers();
        return answer;
    }

    private void Add(IReadOnlyList<(string Counter, long Packets, long Bytes)> readings, DnatRuleset applied)
    {
        foreach (var (name, packets, bytes) in readings)
        {
            if (!applied.Counters.TryGetValue(name, out var counter))
            {
                continue;
            }

            metrics.Add(counter, packets, bytes);
            _answers.Add(counter, packets);
            // Logged once for each configuration, because the problem lasts until the host's rules are changed.
            if (counter.Kind == DnatCounterKind.Rewritten && _rewritten.Add((counter.Listener, counter.Family)))
            {
                Log.SourceRewritten(logger, counter.Listener);
            }
        }
    }

    // A missing return route causes no error: clients wait, and health checks pass, because they come from our own address. So the counters
    // must show it.
    private void JudgeAnswers()
    {
        if (time.GetElapsedTime(_intervalBegan, _readAt) < interval)
        {
            return;
        }

        _intervalBegan = _readAt;
        foreach (var finding in _answers.EndInterval())
        {
            if (finding.HasLeft)
            {
                Log.Unanswered(logger, finding.Listener, finding.Packets, finding.Cluster, finding.Destination);
            }
            else
            {
                var obstacles = DnatObstacles.Find(table.Run).Describe();
                Log.Dropped(logger, finding.Listener, finding.Packets, finding.Cluster, finding.Destination, obstacles);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            2043,
            LogLevel.Warning,
            "Listener {Listener}: {Packets} first packets of clients were sent on to destination {Destination} "
                + "of cluster {Cluster} and not answered: its route to these clients does not lead through this gateway (docs/dnat.md, "
                + "The return path), "
                + "something in between drops them, or it is down"
        )]
        public static partial void Unanswered(ILogger logger, string listener, long packets, string cluster, string destination);

        [LoggerMessage(
            2046,
            LogLevel.Warning,
            "Listener {Listener}: {Packets} first packets of clients for destination {Destination} of cluster {Cluster} "
                + "were dropped on this host instead of being forwarded: {Obstacles} (docs/dnat.md, Forwarding)"
        )]
        public static partial void Dropped(
            ILogger logger, string listener, long packets, string cluster, string destination, string obstacles);

        [LoggerMessage(
            2047,
            LogLevel.Warning,
            "Listener {Listener}: a masquerade or SNAT rule of this host gives forwarded connections another source, "
                + "and backends see that instead of the client. Put a rule before it: ct status dnat accept (docs/dnat.md, No masquerading)"
        )]
        public static partial void SourceRewritten(ILogger logger, string listener);
    }
}
