using System.Globalization;
using System.Net;
using Gateway.Http.Clients;
using Gateway.Http.Exchange;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http;

/// <summary>One line per request in the category <c>Gateway.Access</c>, the same that TCP connections are told in.</summary>
internal sealed partial class HttpAccessLog(ILoggerFactory loggers)
{
    /// <summary>The longest path that is told: a line of a log is read by people, and Kestrel takes 8 KiB.</summary>
    private const int MaxPathLength = 1024;

    private readonly ILogger _logger = loggers.CreateLogger("Gateway.Access");

    /// <summary>Whether anybody listens; if not, nothing is counted or measured.</summary>
    public bool IsEnabled => _logger.IsEnabled(LogLevel.Information);

    /// <summary>Writes the line of a request that has ended.</summary>
    public void Write(RequestRecord record)
    {
        var (context, connection) = (record.Context, record.Connection);
        var proxy = context.Features.Get<IReverseProxyFeature>();
        var (error, detail) = ErrorOf(record);
        Log.Request(_logger, record.Client.Client, connection.Client, connection.Peer, connection.Source, record.Listener,
            proxy?.Route.Config.RouteId ?? "-", proxy?.Cluster.Config.ClusterId ?? "-", proxy?.ProxiedDestination?.DestinationId ?? "-",
            HostOf(context.Request.Headers.Host.ToString()), record.ReceivedBytes,
            context.Request.Method, PathOf(context.Features.Get<IHttpRequestFeature>()?.RawTarget), record.Status, record.Sent?.Count ?? 0,
            Math.Round(record.Elapsed.TotalMilliseconds, 3), error, detail,
            ProxyTlvField.Describe(connection.Tlvs.Span), ConnectionIds.Of(context.Connection.Id));
    }

    private static (string Error, string Detail) ErrorOf(RequestRecord record)
    {
        if (record.Context.Features.Get<RequestRefusal>() is { } refusal)
        {
            return (refusal.Error, refusal.Detail);
        }

        return RequestFailure.ErrorOf(record.Context) is { } error ? (error.Error.ToString(), DetailOf(error.Exception))
            : record.Failure is { } failure ? (failure.GetType().Name, DetailOf(failure))
            : record.Replaced is { } replaced ? ("Replaced", string.Create(CultureInfo.InvariantCulture, $"the server sent {record.Status} instead of {replaced}"))
            : ("-", "-");
    }

    /// <summary>Writes the line of a connection that was turned away before HTTP started.</summary>
    public void WriteRejected(IPEndPoint peer, string listener, string reason, IdentificationStep? step) =>
        Log.Rejected(_logger, peer, listener, reason, step switch
        {
            null => "-",
            { ParseError: ProxyParseError.None } refused => refused.Refusal.ToString(),
            { } refused => $"{refused.Refusal}({refused.ParseError})",
        });

    /// <summary>Writes the line of a connection that began with a PROXY header on a listener that expects none.</summary>
    public void WriteUnexpectedHeader(IPEndPoint peer, string listener, ListenerKind kind) =>
        Log.Rejected(_logger, peer, listener, "proxy_protocol", kind switch
        {
            ListenerKind.Traffic => $"UnexpectedHeader(a PROXY header, and Listeners:{listener} has no ProxyProtocol section: add it with this peer in TrustedProxies, or switch the header off there)",
            ListenerKind.Probes => "UnexpectedHeader(a PROXY header, and Probes has no ProxyProtocol section: add it with this peer in HealthCheckers, or switch the header off there)",
            _ => "UnexpectedHeader(a PROXY header, and Admin takes none: use Probes)",
        });

    /// <summary>Writes the line of a request that the server refused before anybody here saw it.</summary>
    public void WriteBadRequest(ConnectionIdentity connection, string listener, BadHttpRequestException problem) =>
        Log.BadRequest(_logger, connection.Client, connection.Peer, listener, $"{problem.StatusCode}({DetailOf(problem)})");

    /// <summary>Writes the line of a connection that was closed without a byte (Debug: health checks do it all day).</summary>
    public void WriteSilent(IPEndPoint peer, string listener) => Log.Silent(_logger, peer, listener);

    /// <summary>What went wrong in the end, on one line: the innermost exception's message.</summary>
    internal static string DetailOf(Exception? problem)
    {
        if (problem is null)
        {
            return "-";
        }
        while ((problem is AggregateException { InnerExceptions.Count: > 0 } several ? several.InnerExceptions[0] : problem.InnerException) is { } inner)
        {
            problem = inner;
        }
        return problem.Message.ReplaceLineEndings(" ");
    }

    /// <summary>
    /// The path as the client wrote it, still percent-encoded (a decoded one may hold line breaks), without the query, which may hold secrets.
    /// </summary>
    internal static string PathOf(string? rawTarget)
    {
        var target = rawTarget ?? string.Empty;
        var end = target.IndexOf('?', StringComparison.Ordinal);
        end = Math.Min(end < 0 ? target.Length : end, MaxPathLength);
        var path = target.AsSpan(0, end);
        if (path.IndexOfAnyExceptInRange('!', '~') < 0)
        {
            return end == target.Length ? target : path.ToString();
        }
        // HTTP/2 lets through what HTTP/1.1's request line cannot carry.
        return string.Create(end, target, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = text[i] is >= '!' and <= '~' ? text[i] : '?';
            }
        });
    }

    /// <summary>The Host header as the client wrote it.</summary>
    private static string HostOf(string host) => host.Length == 0 ? "-" : PathOf(host);

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Information,
            "http client={Client} hop={Hop} peer={Peer} source={Source} listener={Listener} route={Route} cluster={Cluster} destination={Destination} "
            + "host={Host} received={BytesReceived} method={Method} path={Path} status={Status} sent={BytesSent} duration={DurationMs}ms error={Error} detail={Detail} "
            + "tlvs={Tlvs} id={UniqueId}",
            EventName = "HttpRequest")]
        public static partial void Request(
            ILogger logger, IPAddress client, IPEndPoint hop, IPEndPoint peer, IdentitySource source, string listener, string route, string cluster, string destination,
            string host, long bytesReceived, string method, string path, int status, long bytesSent, double durationMs, string error, string detail, string tlvs, string uniqueId);

        [LoggerMessage(3002, LogLevel.Information, "http peer={Peer} listener={Listener} reason={Reason} detail={Detail}", EventName = "HttpConnectionRejected")]
        public static partial void Rejected(ILogger logger, IPEndPoint peer, string listener, string reason, string detail);

        [LoggerMessage(3004, LogLevel.Information, "http client={Client} peer={Peer} listener={Listener} reason=bad_request detail={Detail}", EventName = "HttpBadRequest")]
        public static partial void BadRequest(ILogger logger, IPEndPoint client, IPEndPoint peer, string listener, string detail);

        [LoggerMessage(3003, LogLevel.Debug, "http peer={Peer} listener={Listener} reason=health_check detail=-", EventName = "HttpConnectionSilent")]
        public static partial void Silent(ILogger logger, IPEndPoint peer, string listener);
    }
}
