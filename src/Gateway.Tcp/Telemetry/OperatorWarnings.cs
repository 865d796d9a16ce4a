using System.Net;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Telemetry;

/// <summary>
/// What an operator has to know without reading each access-log line: clients that are refused, and clusters of which no destination
/// answers. One Warning for each cause in <see cref="Interval"/>, with their number. Safe from any thread.
/// </summary>
public sealed partial class OperatorWarnings
{
    /// <summary>The time between two lines of one cause: a scraper's view of it is finer, a person's is not.</summary>
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

    /// <summary>A connection has ended: says what the table of reasons asks for (<see cref="CloseReasons"/>), if anything.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="listener">The listener.</param>
    /// <param name="peer">Who.</param>
    /// <param name="cluster">The cluster; null: the connection was not routed.</param>
    public void Ended(in Outcome outcome, string listener, IPEndPoint peer, string? cluster = null)
    {
        switch (CloseReasons.Row(outcome.Reason).Warning)
        {
            case OutcomeWarning.Refused:
                Refused(listener, outcome.Label, outcome.Rule ?? "-", peer);
                break;
            case OutcomeWarning.Unreachable when cluster is not null:
                Unreachable(cluster, outcome.Label, outcome.Error ?? "-");
                break;
        }
    }

    /// <summary>A client was refused.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="reason">The label <c>reason</c>.</param>
    /// <param name="rule">Which rule; tells causes apart, so it is one of our own words.</param>
    /// <param name="peer">Who.</param>
    public void Refused(string listener, string reason, string rule, IPEndPoint peer)
    {
        if (_refused.Count((listener, reason, rule), out var count))
        {
            Log.Refused(_logger, listener, reason, rule, peer, count);
        }
    }

    /// <summary>A client's connection or request reached no destination.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="reason">Why, in one of our own words.</param>
    /// <param name="detail">What was tried last.</param>
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
