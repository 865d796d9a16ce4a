using System.Net;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Telemetry;

/// <summary>
/// Warns the operator of refused clients, and of clusters of which no destination answers, so that the operator need not read each
/// access-log line. Each cause gets one Warning per <see cref="Interval"/>, with the number of events. Safe from any thread.
/// </summary>
public sealed partial class OperatorWarnings
{
    /// <summary>The time between two lines of one cause. A person needs no finer view; metrics have it.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger;
    private readonly EventTally<(string Listener, string Reason, string Detail)> _refused;
    private readonly EventTally<(string Cluster, string Reason)> _unreachable;

    /// <summary>Makes an empty tally.</summary>
    /// <param name="loggers">For the category <c>Gateway.Warnings</c>.</param>
    /// <param name="time">The clock.</param>
    public OperatorWarnings(ILoggerFactory loggers, TimeProvider time)
    {
        _logger = loggers.CreateLogger("Gateway.Warnings");
        _refused = new(Interval, time);
        _unreachable = new(Interval, time);
    }

    /// <summary>Writes the warning that the table <see cref="CloseReasons"/> asks for after the end of a connection, if any.</summary>
    /// <param name="outcome">How the connection ended.</param>
    /// <param name="listener">The listener.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="cluster">The cluster; null: the connection was not routed.</param>
    /// <param name="client">The client; null: not known, or the same as the peer.</param>
    public void Ended(in Outcome outcome, string listener, IPEndPoint peer, string? cluster = null, IPEndPoint? client = null)
    {
        switch (CloseReasons.Row(outcome.Reason).Warning)
        {
            case OutcomeWarning.Refused:
                Refused(listener, outcome.Label, outcome.Rule ?? "-", peer);
                break;
            case OutcomeWarning.RefusedClient:
                Refused(listener, outcome.Label, outcome.Rule ?? "-", client ?? peer);
                break;
            case OutcomeWarning.Unreachable when cluster is not null:
                Unreachable(cluster, outcome.Label, outcome.Error ?? "-");
                break;
        }
    }

    /// <summary>Warns of a refused client.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="reason">The label <c>reason</c>.</param>
    /// <param name="rule">The rule of the policy. It is part of the cause, so it must be a fixed word.</param>
    /// <param name="peer">The peer.</param>
    public void Refused(string listener, string reason, string rule, IPEndPoint peer)
    {
        if (_refused.Count((listener, reason, rule), out var count))
        {
            Log.Refused(_logger, listener, reason, rule, peer, count);
        }
    }

    /// <summary>Warns of a client's connection or request that reached no destination.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="reason">The reason, a fixed word.</param>
    /// <param name="detail">The last attempt.</param>
    public void Unreachable(string cluster, string reason, string detail)
    {
        if (_unreachable.Count((cluster, reason), out var count))
        {
            Log.Unreachable(_logger, LogText.Value(cluster), reason, LogText.Value(detail), count);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            2110,
            LogLevel.Warning,
            "Listener {Listener} refuses clients: reason={Reason} detail={Detail}, last {Peer}; {Count} since the last such line (one a "
                + "minute)"
        )]
        public static partial void Refused(ILogger logger, string listener, string reason, string detail, IPEndPoint peer, long count);

        [LoggerMessage(
            2111,
            LogLevel.Warning,
            "Cluster {Cluster} cannot be reached: reason={Reason} detail={Detail}; {Count} since the last such line (one a minute)"
        )]
        public static partial void Unreachable(ILogger logger, string cluster, string reason, string detail, long count);
    }
}
