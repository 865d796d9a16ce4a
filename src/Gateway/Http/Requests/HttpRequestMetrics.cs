using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Kubernetes.Endpoints;
using Gateway.Observability;
using Gateway.Tcp.Telemetry;

namespace Gateway.Http.Requests;

/// <summary>
/// Metrics of requests on HTTP listeners: by listener, and by route, cluster and destination if the request came so far. Requests on Probes
/// and Admin and our own health checks are not counted. Labels come from configuration, never from a client.
/// </summary>
internal sealed class HttpRequestMetrics : IStartsAtZero
{
    // There are six series for each destination of each route of each listener. If there are more than this in total, series do not start
    // at zero, but appear with their first failure.
    private const int MostAtZero = 20_000;

    private static readonly string[] Classes = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx"];

    // The range from a cached response to a slow report.
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _failures;

    public HttpRequestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Gateway.Http");
        _requests = meter.CreateCounter<long>(
            "gateway.http.requests",
            "{request}",
            "Requests that have ended, by class of the status that was sent.");
        _duration = meter.CreateHistogram(
            "gateway.http.request.duration",
            "s",
            "From a request's head to the end of its response.",
            null,
            Durations);
        _failures = meter.CreateCounter<long>("gateway.http.request.failures", "{request}", "Requests that failed, by reason.");
    }

    /// <inheritdoc/>
    public void StartAtZero(GatewayConfig config)
    {
        var paths = SeriesNames.HttpPathsOf(config).ToArray();
        var reasons = CloseReasons.In(ReasonSeries.RequestFaults);
        foreach (var (listener, route, cluster, destination) in paths.Length * reasons.Count <= MostAtZero ? paths : [])
        {
            var tags = new TagList { { "listener", listener }, { "route", route }, { "cluster", cluster }, { "destination", destination } };
            foreach (var reason in reasons)
            {
                var withReason = tags;
                withReason.Add("reason", reason.Label());
                _failures.Add(0, withReason);
            }
        }
    }

    /// <summary>A request has ended.</summary>
    /// <param name="record">The request.</param>
    /// <param name="took">From its head to the end of its response.</param>
    public void Completed(RequestRecord record, TimeSpan took)
    {
        var tags = new TagList { { "listener", record.Listener } };
        if (record.Proxy is { } proxy)
        {
            tags.Add("route", proxy.Route.Config.RouteId);
            tags.Add("cluster", proxy.Cluster.Config.ClusterId);
            if (proxy.ProxiedDestination is { } destination)
            {
                tags.Add("destination", PodDestination.NameOf(destination.DestinationId));
            }
        }

        _duration.Record(took.TotalSeconds, tags);
        if (record.Reason is { } failed)
        {
            var withReason = tags;
            withReason.Add("reason", failed.Label());
            _failures.Add(1, withReason);
        }

        tags.Add("status", ClassOf(record.Status));
        _requests.Add(1, tags);
    }

    /// <summary>The server has refused a request before the application saw it.</summary>
    public void Refused(string listener, int status)
    {
        _requests.Add(1, new("listener", listener), new("status", ClassOf(status)));
        _failures.Add(1, new("listener", listener), new("reason", CloseReason.BadRequest.Label()));
    }

    private static string ClassOf(int status) => Classes[Math.Clamp(status / 100, 0, Classes.Length - 1)];
}
