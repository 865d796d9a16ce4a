using Gateway.Http.Backends.Exchange;
using Gateway.Http.Messages;
using Gateway.Tcp.Engines;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Sends a request to a destination, and adds three things:
/// <list type="number">
/// <item>A body is sent as <see cref="UploadContent"/>, so that an early response ends it.</item>
/// <item>A request is sent a second time where that is safe.</item>
/// <item>When there is no room for another connection, the gateway itself responds, because an exception would count against the
/// destination's health.</item>
/// </list>
/// </summary>
/// <param name="inner">Sends the request.</param>
/// <param name="cluster">The name of the cluster, for metrics.</param>
/// <param name="metrics">Counts what is repeated and rejected.</param>
/// <param name="loop">The loop that carries the connections, and to which the request comes back; null: .NET's sockets carry them.</param>
internal sealed class DestinationHandler(HttpMessageHandler inner, string cluster, ClientPoolMetrics metrics, EngineLoop? loop)
    : DelegatingHandler(inner)
{
    /// <summary>Sets up the HTTP client that this handler sends with.</summary>
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
                context.Features.Put(upload);
            }
        }

        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                if (loop is not null)
                {
                    // .NET's HTTP client opens connections on the thread pool, and the first request of a connection continues there.
                    await loop.EnterAsync();
                }

                return response;
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

    // The method must be idempotent (RFC 9110 9.2.2), because the destination may have handled the request before it closed. The request
    // must have no body, because a body cannot be read a second time.
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
