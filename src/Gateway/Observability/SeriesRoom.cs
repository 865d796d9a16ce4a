using System.Diagnostics.Metrics;
using Gateway.Configuration;
using OpenTelemetry.Metrics;

namespace Gateway.Observability;

/// <summary>
/// How many label sets each instrument may have. The metrics SDK takes 2,000 by default and counts what is beyond in one series without
/// labels (<c>otel_metric_overflow="true"</c>); with thousands of routes that is most of them. So each instrument gets room for the names
/// of the configuration that the gateway was started with, and half as many more. A later configuration that needs more is warned about:
/// the SDK fixes the room when an instrument is made.
/// </summary>
internal sealed partial class SeriesRoom : IStartsAtZero
{
    /// <summary>At least as many as there are reasons of closed or rejected connections.</summary>
    public const int Reasons = 32;

    // Methods times statuses, kinds of failure, error types: what a busy route, destination or listener comes to.
    private const int Outcomes = 16;
    private const int Families = 2;

    // What begins with these, the first that fits. Everything else has labels that no configuration multiplies.
    private static readonly Rule[] Rules =
    [
        new("gateway.tcp.connection.closed", static names => (long)names.Routes * Families * Reasons, AtLeast: 20_000),
        new("gateway.tcp.connection.duration", static names => (long)names.Routes * Families * Reasons, AtLeast: 20_000),
        new("gateway.tcp.connection.rejected", static names => (long)names.Listeners * Reasons),
        new("gateway.tcp.", static names => ((long)names.Routes * Families) + ((long)names.Listeners * Families)),
        new("gateway.proxy_protocol.", static names => ((long)names.Listeners * Reasons) + ((long)names.Clusters * Families)),
        new("gateway.transparent.", static names => (long)names.Destinations * Outcomes),
        new("gateway.toa.", static names => ((long)names.Destinations + names.Listeners) * Outcomes),
        new("gateway.destination.", static names => ((long)names.Destinations + names.Clusters) * Outcomes),
        new("gateway.forward.", static names => (long)names.RouteDestinations * Families),
        new("gateway.http.", static names => ((long)names.HttpRouteDestinations + names.HttpRoutes + names.Listeners) * Outcomes),
        new("http.server.request.duration", static names => (long)names.HttpRoutes * Outcomes),
        new("aspnetcore.routing.match_attempts", static names => (long)names.HttpRoutes * Families),
        new("http.client.", static names => (long)names.Destinations * Outcomes),
        new("dns.lookup.duration", static names => (long)names.Destinations * Families),
        new("kestrel.", static names => (long)names.Listeners * Outcomes),
    ];

    private readonly Lock _lock = new();
    private readonly SeriesNames _names = new();
    private readonly long[] _room;
    private readonly ILogger _logger;
    private bool _isWarned;

    /// <summary>Makes room.</summary>
    /// <param name="started">The configuration of the start.</param>
    /// <param name="logger">For the warning.</param>
    public SeriesRoom(GatewayConfig started, ILogger<SeriesRoom> logger)
    {
        _logger = logger;
        _names.Add(started);
        _room = [.. Rules.Select(rule => Math.Clamp(rule.Needs(_names) * 3 / 2, rule.AtLeast, int.MaxValue / 2))];
    }

    /// <summary>The view of an instrument; null: the SDK's defaults.</summary>
    public MetricStreamConfiguration? View(Instrument instrument)
    {
        var rule = Array.FindIndex(Rules, rule => instrument.Name.StartsWith(rule.Prefix, StringComparison.Ordinal));
        return rule < 0 ? null : new MetricStreamConfiguration { CardinalityLimit = (int)_room[rule] };
    }

    /// <summary>Warns, once, if the names of all configurations so far need more than there is.</summary>
    public void StartAtZero(GatewayConfig config)
    {
        lock (_lock)
        {
            if (_isWarned)
            {
                return;
            }

            _names.Add(config);
            foreach (var (rule, room) in Rules.Zip(_room))
            {
                if (!_isWarned && rule.Needs(_names) > room)
                {
                    _isWarned = true;
                    Log.Full(_logger, $"{rule.Prefix.TrimEnd('.').Replace('.', '_')}*", rule.Needs(_names), room);
                }
            }
        }
    }

    /// <summary>What some instruments need.</summary>
    /// <param name="Prefix">What their names begin with.</param>
    /// <param name="Needs">The label sets that the names can come to.</param>
    /// <param name="AtLeast">Room for smaller configurations to grow; a label set takes some 110 bytes whether it is used or not.</param>
    private sealed record Rule(string Prefix, Func<SeriesNames, long> Needs, int AtLeast = 4000);

    private static partial class Log
    {
        [LoggerMessage(1034, LogLevel.Warning,
            "The metrics {Metrics} may come to {Needed} label sets, counting those of earlier configurations, and have room for {Room} "
                + "since the start: "
            + "what is beyond is counted without its labels, as otel_metric_overflow=\"true\". Start the gateway again to make room")]
        public static partial void Full(ILogger logger, string metrics, long needed, long room);
    }
}
