using System.Net.Sockets;
using Gateway.Http.Messages;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Why a request failed, and who is to blame. YARP's errors say only where it failed. The destination is to blame if the connect failed, or
/// if the destination closed or stayed silent after it had the whole request. The destination is never to blame for a failure that a client
/// can cause with one request: a header that cannot be sent, a body that the client breaks off or stalls, a body that the destination does
/// not want, a response that cannot be passed on, or a tunnel that ends.
/// </summary>
internal sealed class RequestFailure
{
    private static readonly RequestFailure ByClient = new("client");
    private static readonly RequestFailure Unsendable = new("request");
    private static readonly RequestFailure NoDestination = new("no_destination");
    private static readonly RequestFailure Limit = new("limit");
    private static readonly RequestFailure AccessDenied = new(new Outcome(CloseReason.AccessDenied).Label);
    private static readonly RequestFailure ClientLimit = new(new Outcome(CloseReason.ClientLimit).Label);
    private static readonly RequestFailure ListenerLimit = new(new Outcome(CloseReason.ListenerLimit).Label);
    private static readonly RequestFailure SourceIp = new("source_ip");
    private static readonly RequestFailure Resources = new("resources");
    private static readonly RequestFailure ConnectRefused = new("backend_connect_failed") { IsDestinations = true, IsConnect = true };
    private static readonly RequestFailure ConnectTimeout = new("backend_connect_timeout") { IsDestinations = true, IsConnect = true };
    private static readonly RequestFailure NoAnswer = new("backend_no_answer") { IsDestinations = true };
    private static readonly RequestFailure Timeout = new("backend_timeout") { IsDestinations = true };
    private static readonly RequestFailure StalledUpload = new("timeout");
    private static readonly RequestFailure AnswerBroken = new("backend_answer_broken") { IsDestinations = true };
    private static readonly RequestFailure UploadBroken = new("backend_upload_broken");
    private static readonly RequestFailure TunnelBroken = new("backend_reset");
    private static readonly RequestFailure TunnelIdle = new("idle_timeout");
    private static readonly RequestFailure Other = new("error");

    /// <summary>The destination's response cannot be passed on.</summary>
    public static RequestFailure AnswerUnusable { get; } = new("backend_answer_invalid");

    private RequestFailure(string reason) => Reason = reason;

    /// <summary>The reasons that point to a problem of a destination.</summary>
    public static IReadOnlyList<string> Alerting { get; } =
    [.. new[] { ConnectRefused, ConnectTimeout, NoAnswer, Timeout, AnswerBroken, AnswerUnusable }.Select(static failure => failure.Reason)];

    /// <summary>The reason in one word, for metrics.</summary>
    public string Reason { get; }

    /// <summary>Whether the destination is to blame.</summary>
    public bool IsDestinations { get; private init; }

    /// <summary>Whether the connect failed, so that there was no connection for the request.</summary>
    public bool IsConnect { get; private init; }

    /// <summary>Whether the request reached no destination: the connect failed, or there was no destination to try.</summary>
    public bool IsUnreachable => IsConnect || this == NoDestination;

    /// <summary>Why an ended request failed; null if it did not fail.</summary>
    /// <param name="context">The request.</param>
    /// <param name="thrown">The exception that ended the request in the gateway, if any.</param>
    public static RequestFailure? Of(HttpContext context, Exception? thrown = null)
    {
        if (context.Features.Find<RequestRefusal>() is { } refusal)
        {
            return refusal.Error == RefusedResponse.ClientLimit ? Limit
                : refusal.Error == RefusedResponse.SourceIp ? SourceIp
                : refusal.Error == AccessDenied.Reason ? AccessDenied
                : refusal.Error == ClientLimit.Reason ? ClientLimit
                : refusal.Error == ListenerLimit.Reason ? ListenerLimit
                : AnswerUnusable;
        }

        if (ErrorOf(context) is not { } error)
        {
            return thrown is null ? null : thrown is BadHttpRequestException ? Unsendable : Other;
        }

        return error.Error switch
        {
            ForwarderError.Request => OfRequest(error.Exception),
            ForwarderError.RequestTimedOut => OfTimeout(context, error.Exception),
            ForwarderError.RequestCreation => Unsendable,
            ForwarderError.NoAvailableDestinations => NoDestination,
            ForwarderError.RequestBodyDestination => UploadBroken,
            ForwarderError.ResponseBodyDestination => IsUploading(context) ? UploadBroken : AnswerBroken,
            ForwarderError.ResponseHeaders => AnswerUnusable,
            ForwarderError.UpgradeRequestDestination or ForwarderError.UpgradeResponseDestination => TunnelBroken,
            ForwarderError.UpgradeActivityTimeout => TunnelIdle,
            // YARP reports the end by a route's Timeout like a client that has gone; the status tells them apart.
            _ => context.Response.StatusCode == StatusCodes.Status504GatewayTimeout ? StalledUpload : ByClient,
        };
    }

    /// <summary>YARP's error; null if there is none. It is no error that a body was ended after its response.</summary>
    public static IForwarderErrorFeature? ErrorOf(HttpContext context) =>
        context.Features.Find<IForwarderErrorFeature>() switch
        {
            null or { Error: ForwarderError.None } => null,
            {
                Error: ForwarderError.RequestBodyDestination or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled,
                Exception: not AggregateException
            } error when IsEnded(context, error) => null,
            var error => error,
        };

    /// <summary>Why a connect failed, in one or two words.</summary>
    public static string? WhyNotConnected(Exception? failed) => Behind<SocketException>(failed)?.SocketErrorCode switch
    {
        null => "other",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no address",
        SocketError.ConnectionRefused => "refused",
        SocketError.TimedOut => "timeout",
        SocketError.ConnectionReset => "reset",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown => "unreachable",
        _ => "other",
    };

    private static RequestFailure OfRequest(Exception? failed)
    {
        if (failed is not HttpRequestException request)
        {
            return failed is IOException or SocketException ? NoAnswer : Unsendable;
        }

        return request.HttpRequestError switch
        {
            HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError => OfConnect(request),
            HttpRequestError.ResponseEnded => NoAnswer,
            HttpRequestError.Unknown => Behind<IOException>(request) is null && Behind<SocketException>(request) is null
                ? Unsendable
                : NoAnswer,
            // The destination has responded: it refused the stream, or sent bytes that are not HTTP, or sent too much.
            _ => AnswerUnusable,
        };
    }

    private static RequestFailure OfConnect(Exception failed) => Behind<ConnectException>(failed) is { } connect
        ? connect.IsOurs ? Resources : connect.Failure == DialFailure.Timeout ? ConnectTimeout : ConnectRefused
        : ConnectRefused;

    // A TimeoutException comes from the HTTP client's time limit for connecting to all addresses of a destination. Any other timeout is the
    // destination's silence, if the destination has the whole request.
    private static RequestFailure OfTimeout(HttpContext context, Exception? failed) =>
        Behind<TimeoutException>(failed) is not null ? ConnectTimeout : IsUploading(context) ? StalledUpload : Timeout;

    private static bool IsUploading(HttpContext context) => context.Features.Find<UploadContent>() is { IsComplete: false };

    // YARP reports these errors after the whole response was passed on.
    private static bool IsEnded(HttpContext context, IForwarderErrorFeature error) =>
        context.Features.Find<UploadContent>() is { IsStopped: true }
        && (error.Error != ForwarderError.RequestBodyCanceled || !context.RequestAborted.IsCancellationRequested);

    private static T? Behind<T>(Exception? failed)
        where T : Exception
    {
        while (failed is not null and not T)
        {
            failed = failed.InnerException;
        }

        return failed as T;
    }
}
