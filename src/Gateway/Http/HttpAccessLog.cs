using System.Diagnostics;
using System.Net;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
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
    public void Write(HttpContext context, ClientIdentity client, ConnectionIdentity connection, string listener, long started, long sentBytes)
    {
        var proxy = context.Features.Get<IReverseProxyFeature>();
        var error = context.Features.Get<IForwarderErrorFeature>()?.Error ?? ForwarderError.None;
        Log.Request(_logger, client.Client, connection.Client, connection.Peer, connection.Source, listener,
            proxy?.Route.Config.RouteId, proxy?.ProxiedDestination?.DestinationId, context.Request.Method,
            PathOf(context.Features.Get<IHttpRequestFeature>()?.RawTarget), context.Response.StatusCode, sentBytes,
            Stopwatch.GetElapsedTime(started).TotalSeconds, error == ForwarderError.None ? null : error);
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

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Information,
            "HTTP {Client} (hop {Hop}, peer {Peer}, {Source}) on {Listener} to {Route}/{Destination}: {Method} {Path} {Status} {Bytes} bytes in {Duration:0.000} s {Error}")]
        public static partial void Request(
            ILogger logger, IPAddress client, IPEndPoint hop, IPEndPoint peer, IdentitySource source, string listener, string? route, string? destination,
            string method, string path, int status, long bytes, double duration, ForwarderError? error);
    }
}
