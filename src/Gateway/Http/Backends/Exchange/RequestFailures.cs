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
/// not want, a response that cannot be passed on, or a tunnel that ends. What follows from a reason is in <see cref="CloseReasons"/>.
/// </summary>
internal static class RequestFailures
{
    /// <summary>Why an ended request failed; null if it did not fail.</summary>
    /// <param name="context">The request.</param>
    /// <param name="thrown">The exception that ended the request in the gateway, if any.</param>
    public static CloseReason? Of(HttpContext context, Exception? thrown = null)
    {
        if (context.Features.Find<RequestRefusal>() is { } refusal)
        {
            return refusal.Reason;
        }

        if (ErrorOf(context) is not { } error)
        {
            return thrown is null ? null : thrown is BadHttpRequestException ? CloseReason.Unsendable : CloseReason.Error;
        }

        return error.Error switch
        {
            ForwarderError.Request => OfRequest(error.Exception),
            ForwarderError.RequestTimedOut => OfTimeout(context, error.Exception),
            ForwarderError.RequestCreation => CloseReason.Unsendable,
            ForwarderError.NoAvailableDestinations => CloseReason.NoDestination,
            ForwarderError.RequestBodyDestination => CloseReason.BackendUploadBroken,
            ForwarderError.ResponseBodyDestination =>
                IsUploading(context) ? CloseReason.BackendUploadBroken : CloseReason.BackendAnswerBroken,
            ForwarderError.ResponseHeaders => CloseReason.BackendAnswerInvalid,
            ForwarderError.UpgradeRequestDestination or ForwarderError.UpgradeResponseDestination => CloseReason.BackendReset,
            ForwarderError.UpgradeActivityTimeout => CloseReason.IdleTimeout,
            // YARP reports the end by a route's Timeout like a client that has gone; the status tells them apart.
            _ => context.Response.StatusCode == StatusCodes.Status504GatewayTimeout ? CloseReason.RequestTimeout : CloseReason.ClientLeft,
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

    private static CloseReason OfRequest(Exception? failed)
    {
        if (failed is not HttpRequestException request)
        {
            return failed is IOException or SocketException ? CloseReason.BackendNoAnswer : CloseReason.Unsendable;
        }

        return request.HttpRequestError switch
        {
            HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError => OfConnect(request),
            HttpRequestError.ResponseEnded => CloseReason.BackendNoAnswer,
            HttpRequestError.Unknown => Behind<IOException>(request) is null && Behind<SocketException>(request) is null
                ? CloseReason.Unsendable
                : CloseReason.BackendNoAnswer,
            // The destination has responded: it refused the stream, or sent bytes that are not HTTP, or sent too much.
            _ => CloseReason.BackendAnswerInvalid,
        };
    }

    private static CloseReason OfConnect(Exception failed) => Behind<ConnectException>(failed)?.Failure switch
    {
        (CloseReason.Resources or CloseReason.BackendConnectTimeout) and var reason => reason,
        _ => CloseReason.BackendConnectFailed,
    };

    // A TimeoutException comes from the HTTP client's time limit for connecting to all addresses of a destination. Any other timeout is the
    // destination's silence, if the destination has the whole request.
    private static CloseReason OfTimeout(HttpContext context, Exception? failed) =>
        Behind<TimeoutException>(failed) is not null ? CloseReason.BackendConnectTimeout
        : IsUploading(context) ? CloseReason.RequestTimeout
        : CloseReason.BackendTimeout;

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
