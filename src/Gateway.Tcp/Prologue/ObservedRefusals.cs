using System.Net;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Prologue;

/// <summary>Counts and logs the connections that a policy with <c>Enforcement: Observe</c> would refuse.</summary>
internal sealed partial class ObservedRefusals(PrologueMetrics metrics, ILoggerFactory loggers, TimeProvider time)
{
    // A load balancer has a handful of nodes. More peers than these are clients, and a person needs no longer list of them.
    private const int MostPeers = 10;

    private readonly ILogger _logger = loggers.CreateLogger("Gateway.Warnings");
    private readonly PeerTally _peers = new(OperatorWarnings.Interval, MostPeers, time);

    /// <summary>Counts and logs a connection, and notes the rule for its access-log line.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="rule">The rule that would refuse the connection.</param>
    public void Note(AcceptedConnection connection, IdentificationRefusal rule)
    {
        var word = rule.ToString();
        connection.Observed = rule;
        metrics.Headers.Observed(connection.ListenerName, word);
        if (_peers.Count(connection.ListenerName, word, connection.Peer.Address, out var count))
        {
            Log.Observed(_logger, connection.ListenerName, word, connection.Peer, count);
        }
    }

    /// <summary>A guard that lets a signature through, and counts and logs it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="guardAs">The rule that would refuse the signature.</param>
    public FirstBytesGuard Watch(AcceptedConnection connection, IdentificationRefusal guardAs) => new(version =>
    {
        metrics.Headers.Stopped(connection.ListenerName, guardAs, version);
        Note(connection, guardAs);
    });

    private static partial class Log
    {
        [LoggerMessage(
            2112,
            LogLevel.Warning,
            "Listener {Listener} would refuse clients, and only observes: detail={Detail}, last {Peer}; {Count} since the last such line "
                + "(ten peers a minute)"
        )]
        public static partial void Observed(ILogger logger, string listener, string detail, IPEndPoint peer, long count);
    }
}
