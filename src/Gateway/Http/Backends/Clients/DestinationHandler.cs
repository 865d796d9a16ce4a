using Gateway.Http.Backends.Exchange;
using Gateway.Http.Messages;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Sends a request to a destination: bodies as <see cref="UploadContent"/>, so that an early answer ends them; once more where that is
/// safe; and with an answer of ours where there is no room for another connection, which as a failure would count against the destination's
/// health.
/// </summary>
internal sealed class DestinationHandler(HttpMessageHandler inner, string cluster, ClientPoolMetrics metrics) : DelegatingHandler(inner)
{
    /// <summary>Sets up the HTTP client that is below.</summary>
    public static void Configure(SocketsHttpHandler handler)
    {
        HeaderBytes.Keep(handler);
        handler.PlaintextStreamFilter = static (connection, _) =>
            new(
                connection.NegotiatedHttpVersion.Major == 1
                    ? new Http1Stream(new AsteriskTarget(connection.PlaintextStream))
                    : connection.PlaintextStream);
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } body)
        {
            var upload = new UploadContent(body);
            request.Content = upload;
            if (request.Options.TryGetValue(ClientInvoker.Context, out var context))
            {
                context.Features.Set(upload);
            }
        }

        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException failed)
                when (isFirst && MayRepeat(request) && NoAnswerException.Behind(failed) is { IsReused: true })
            {
                metrics.Repeated(cluster);
            }
            catch (HttpRequestException failed) when (NoRoomException.Behind(failed) is { } full)
            {
                metrics.Rejected(cluster, "descriptors");
                return new RefusedResponse(request, full);
            }
        }
    }

    // The destination may have done what it was asked to before it closed: to do it again must change nothing (RFC 9110 9.2.2), and there
    // must be something to send again.
    private static bool MayRepeat(HttpRequestMessage request) =>
        request.Content is null
        && (
            request.Method == HttpMethod.Get
            || request.Method == HttpMethod.Head
            || request.Method == HttpMethod.Options
            || request.Method == HttpMethod.Put
            || request.Method == HttpMethod.Delete
            || request.Method == HttpMethod.Trace);
}
