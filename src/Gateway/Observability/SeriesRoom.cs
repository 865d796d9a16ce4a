using System.Diagnostics.Metrics;
using Gateway.Configuration;
using OpenTelemetry.Metrics;

namespace Gateway.Observability;

/// <summary>
/// The number of label sets that each instrument may have. The metrics SDK allows 2,000 by default, and counts all others in one series
/// without labels (<c>otel_metric_overflow="true"</c>). With thousands of routes that would be most of them. So each instrument gets room
/// for the names of the configuration at start, and half as many more. A later configuration that needs more gets a warning, because the
/// SDK fixes the room when an instrument is created.
/// </summary>
internal sealed partial class SeriesRoom : IStartsAtZero
{
    /// <summary>An upper bound for the number of reasons of closed or rejected connections.</summary>
    public const int Reasons = 48;

    // The usual number of label sets of a busy route, destination or listener: methods times statuses, kinds of failure, error types.
    private const int Outcomes = 16;
    private const int Families = 2;

    // The first rule whose prefix fits an instrument's name. The label sets of other instruments do not grow with the configuration.
    private static readonly Rule[] Rules =
    [
        new("gateway.tcp.connection.closed", static names => (long)names.Routes * Families * Reasons, AtLeast: 20_000),
        new("gateway.tcp.connection.duration", static names => (long)names.Routes * Families * Reasons, AtLeast: 20_000),
        new("gateway.tcp.connection.rejected", static names => (long)names.Listeners * Reasons),
        new("gateway.tcp.", static names => ((long)names.Routes * Families) + ((long)names.Listeners * Families)),
        new("gateway.proxy_protocol.", static names => ((long)names.Listeners * Reasons) + ((long)names.Clusters * Families)),
        new("gateway.transparent.", static names => (long)names.Destinations * Outcomes),
        new("gateway.toa.", static names => ((long)names.Destinations + names.Listeners) * Outcomes),
        new("gateway.tls.handshake", static names => (long)names.Listeners * Outcomes),
        new("gateway.tls.certificate.", static names => names.Certificates),
        new("gateway.destination.", static names => ((long)names.Destinations + names.Clusters) * Outcomes),
        new("gateway.listener.", static names => names.Listeners, AtLeast: 2000),
        new("gateway.route.", static names => names.Routes, AtLeast: 2000),
        new("gateway.cluster.", static names => names.Clusters, AtLeast: 2000),
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

    /// <summary>Computes the room of all instruments.</summary>
    /// <param name="started">The configuration at start.</param>
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

    /// <summary>Warns once, if the names of all configurations so far need more label sets than there is room for.</summary>
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

    /// <summary>The room that some instruments need.</summary>
    /// <param name="Prefix">The beginning of the instruments' names.</param>
    /// <param name="Needs">The number of label sets that the names of a configuration can cause.</param>
    /// <param name="AtLeast">
    /// The least room, so that small configurations can grow. Each label set takes about 110 bytes, also if it is not used.
    /// </param>
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
