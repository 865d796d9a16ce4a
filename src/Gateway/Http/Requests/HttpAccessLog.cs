using System.Globalization;
using System.Net;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Messages;
using Gateway.ProxyProtocol;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Requests;

/// <summary>
/// Writes one line per request in the category <c>Gateway.Access</c>, which TCP connections use, too; and start and interval lines if the
/// rules ask for them.
/// </summary>
internal sealed partial class HttpAccessLog
{
    private const int EndId = 3001;
    private const int StartId = 3005;
    private const int IntervalId = 3006;

    private static readonly AccessField[] UsualFields =
    [
        .. ((string[])
        [
            "client", "hop", "peer", "source", "listener", "route", "cluster", "destination", "host", "received", "method", "path",
            "status", "sent", "duration", "error", "detail", "tlvs", "id",
        ]).Select(static name => AccessField.Find(name)!),
    ];

    /// <summary>The longest path in a line. Kestrel accepts 8 KiB, but people read the log.</summary>
    private const int MaxPathLength = 1024;

    /// <summary>The longest registered method has 16 characters (UPDATEREDIRECTREF).</summary>
    private const int MaxMethodLength = 32;

    /// <summary>A DNS name has at most 253 characters, and a port with its colon six.</summary>
    private const int MaxHostLength = 260;

    /// <summary>The gateway's own texts, which contain a listener's name.</summary>
    private const int MaxAdviceLength = 512;

    private readonly ILogger _logger;
    private readonly AccessLogState _state;
    private readonly LiveRequests _live = new();

    public HttpAccessLog(ILoggerFactory loggers, AccessLogState state)
    {
        (_logger, _state) = (loggers.CreateLogger("Gateway.Access"), state);
        state.OnInterval(WriteIntervals);
    }

    /// <summary>Whether lines of requests are logged.</summary>
    public bool IsEnabled => _logger.IsEnabled(LogLevel.Information);

    /// <summary>Whether a listener has lines of connections and requests that were refused.</summary>
    public bool Writes(string listener) => _state.Rules.Writes(listener, 0, isFault: true);

    /// <summary>A request has got its route.</summary>
    public void Begun(RequestRecord record)
    {
        var rules = _state.Rules;
        if (rules is { Start: false, Interval: null, NeedsResponseStart: false } || !IsEnabled || !IsSampled(rules, record))
        {
            return;
        }

        if (rules.NeedsResponseStart)
        {
            record.NoteResponseStart();
        }

        if (rules.Interval is not null)
        {
            _live.Add(record);
        }

        if (rules.Start)
        {
            Write(record, AccessEvent.Start, rules);
        }
    }

    /// <summary>A request has ended.</summary>
    public void Ended(RequestRecord record)
    {
        if (record.IsWatched)
        {
            _live.Remove(record);
        }

        var rules = _state.Rules;
        if (!IsEnabled || !(IsSampled(rules, record) || (IsFault(record) && Writes(record.Listener))))
        {
            return;
        }

        if (rules.HttpFields is null)
        {
            WriteUsual(record);
        }
        else
        {
            Write(record, AccessEvent.End, rules);
        }
    }

    /// <summary>The field <c>host</c>.</summary>
    public static string HostOf(HttpRequest request) =>
        LogText.Value(request.Headers.Host is { Count: > 0 } host ? host.ToString() : null, MaxHostLength);

    /// <summary>The field <c>method</c>.</summary>
    public static string MethodOf(HttpRequest request) => LogText.Value(request.Method, MaxMethodLength);

    /// <summary>The field <c>path</c>.</summary>
    public static string PathOf(HttpContext context) => PathOf(context.Features.Find<IHttpRequestFeature>()?.RawTarget);

    private static bool IsFault(RequestRecord record) =>
        record.Reason is not null || record.Status >= 500 || record.Context.Features.Find<RequestRefusal>() is not null;

    private static bool IsSampled(AccessLogRules rules, RequestRecord record) =>
        rules.WritesAll(record.Listener) || rules.Writes(record.Listener, ConnectionIds.NumberOf(record.Context.Connection.Id) ?? 0);

    private void WriteIntervals(int part)
    {
        var rules = _state.Rules;
        if (rules.Interval is { } interval && IsEnabled)
        {
            _live.ForEach(part, record =>
            {
                if (record.Elapsed >= interval / 2)
                {
                    Write(record, AccessEvent.Interval, rules);
                }
            });
        }
    }

    private void Write(RequestRecord record, AccessEvent happened, AccessLogRules rules)
    {
        var fields = rules.HttpFields ?? [.. UsualFields, .. IdentityFields.TlsOf(record.Connection)];
        var id = happened switch
        {
            AccessEvent.Start => new EventId(StartId, "HttpRequestStarted"),
            AccessEvent.Interval => new EventId(IntervalId, "HttpRequestLives"),
            _ => new EventId(EndId, "HttpRequest"),
        };
        var source = new HttpAccessSource(record, happened, happened == AccessEvent.End ? ErrorOf(record) : ("-", null));
        _logger.Log(LogLevel.Information, id, AccessLine.Of("http", happened, fields, source), null, AccessLine.Format);
    }

    private void WriteUsual(RequestRecord record)
    {
        var (context, connection) = (record.Context, record.Connection);
        var proxy = context.Features.Find<IReverseProxyFeature>();
        var (error, detail) = ErrorOf(record);
        Log.Request(
            _logger,
            record.Client.Client,
            connection.Client,
            connection.Peer,
            connection.Source,
            record.Listener,
            LogText.Value(proxy?.Route.Config.RouteId),
            LogText.Value(proxy?.Cluster.Config.ClusterId),
            LogText.Value(proxy?.ProxiedDestination?.DestinationId),
            HostOf(context.Request),
            record.ReceivedBytes,
            MethodOf(context.Request),
            PathOf(context),
            record.Status,
            record.Sent?.Count ?? 0,
            Math.Round(record.Elapsed.TotalMilliseconds, 3),
            error,
            LogText.Value(detail),
            ProxyTlvField.Describe(connection.Tlvs.Span),
            context.Connection.Id,
            TlsFields.Of(connection));
    }

    private static (string Error, string? Detail) ErrorOf(RequestRecord record)
    {
        if (record.Waiting.Detail is { } stalled)
        {
            return ("ResponseStalled", stalled);
        }

        if (record.Context.Features.Find<RequestRefusal>() is { } refusal)
        {
            return (refusal.Error, refusal.Detail);
        }

        return RequestFailures.ErrorOf(record.Context) is { } error ? (error.Error.ToString(), LogText.DetailOf(error.Exception))
            : record.Failure is { } failure ? (failure.GetType().Name, LogText.DetailOf(failure))
            : record.Replaced is { } replaced
                ? ("Replaced", string.Create(CultureInfo.InvariantCulture, $"the server sent {record.Status} instead of {replaced}"))
            : ("-", null);
    }

    /// <summary>
    /// Writes the line of a connection that ended before HTTP started, or for a reason that belongs to no request. Health checks are logged
    /// at Debug, because they happen all day.
    /// </summary>
    public void WriteRejected(IPEndPoint peer, string listener, in Outcome outcome)
    {
        if (!Writes(listener))
        {
            return;
        }

        if (outcome.Reason == CloseReason.HealthCheck)
        {
            Log.Silent(_logger, peer, listener);
        }
        else
        {
            Log.Rejected(_logger, peer, listener, outcome.Label, LogText.Value(outcome.Detail, MaxAdviceLength));
        }
    }

    /// <summary>Writes the line of a request that the server refused before the application saw it.</summary>
    public void WriteBadRequest(ConnectionIdentity connection, string listener, BadHttpRequestException problem) =>
        Log.BadRequest(
            _logger,
            connection.Client,
            connection.Peer,
            listener,
            $"{problem.StatusCode}({LogText.Quoted(LogText.DetailOf(problem))})");

    /// <summary>
    /// The path as the client wrote it. It stays percent-encoded, because a decoded path may hold line breaks. The query is left out,
    /// because it may hold secrets.
    /// </summary>
    internal static string PathOf(string? rawTarget)
    {
        var target = rawTarget ?? string.Empty;
        var end = target.IndexOf('?', StringComparison.Ordinal);
        return LogText.Value(end < 0 ? target : target[..end], MaxPathLength);
    }

    private static partial class Log
    {
        [LoggerMessage(EndId, LogLevel.Information,
            "http client={Client} hop={Hop} peer={Peer} source={Source} listener={Listener} route={Route} cluster={Cluster} "
                + "destination={Destination} "
                + "host={Host} received={BytesReceived} method={Method} path={Path} status={Status} sent={BytesSent} "
                + "duration={DurationMs}ms error={Error} detail={Detail} "
                + "tlvs={Tlvs} id={UniqueId}{Tls}",
            EventName = "HttpRequest"
        )]
        public static partial void Request(
            ILogger logger,
            IPAddress client,
            IPEndPoint hop,
            IPEndPoint peer,
            IdentitySource source,
            string listener,
            string route,
            string cluster,
            string destination,
            string host,
            long bytesReceived,
            string method,
            string path,
            int status,
            long bytesSent,
            double durationMs,
            string error,
            string detail,
            string tlvs,
            string uniqueId,
            string tls);

        [LoggerMessage(
            3002,
            LogLevel.Information,
            "http peer={Peer} listener={Listener} reason={Reason} detail={Detail}",
            EventName = "HttpConnectionRejected"
        )]
        public static partial void Rejected(ILogger logger, IPEndPoint peer, string listener, string reason, string detail);

        [LoggerMessage(
            3004,
            LogLevel.Information,
            "http client={Client} peer={Peer} listener={Listener} reason=bad_request detail={Detail}",
            EventName = "HttpBadRequest"
        )]
        public static partial void BadRequest(ILogger logger, IPEndPoint client, IPEndPoint peer, string listener, string detail);

        [LoggerMessage(
            3003,
            LogLevel.Debug,
            "http peer={Peer} listener={Listener} reason=health_check detail=-",
            EventName = "HttpConnectionSilent"
        )]
        public static partial void Silent(ILogger logger, IPEndPoint peer, string listener);
    }
}
