using System.Net;
using Gateway.Tcp.Engines;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// An HTTP client for each loop of the engine, and one on .NET's sockets. A request that runs on a loop is sent by the client of this loop,
/// whose connections the loop carries, so the request does not change its thread. The client on sockets sends requests that run elsewhere
/// (HTTPS and HTTP/2 listeners, health checks), requests to <c>https://</c> destinations, because the check of a certificate may block, and
/// those that may use HTTP/2. Each client is made when it is used first.
/// </summary>
internal sealed class LoopInvoker : HttpMessageInvoker
{
    private readonly Lazy<HttpMessageInvoker>[] _ofLoops;
    private readonly Lazy<HttpMessageInvoker> _onSockets;

    private LoopInvoker(IReadOnlyList<EngineLoop> loops, Func<EngineLoop?, HttpMessageInvoker> create)
        : base(new UnusedHandler())
    {
        _ofLoops = [.. loops.Select(loop => new Lazy<HttpMessageInvoker>(() => create(loop)))];
        _onSockets = new Lazy<HttpMessageInvoker>(() => create(null));
    }

    /// <summary>Makes an HTTP client.</summary>
    /// <param name="loops">The loops; empty: there is only one client.</param>
    /// <param name="create">Makes the client of a loop; null: the client on sockets.</param>
    public static HttpMessageInvoker Of(IReadOnlyList<EngineLoop> loops, Func<EngineLoop?, HttpMessageInvoker> create) =>
        loops.Count == 0 ? create(null) : new LoopInvoker(loops, create);

    /// <inheritdoc/>
    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        InvokerOf(request).SendAsync(request, cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var client in _ofLoops.Append(_onSockets).Where(static client => client.IsValueCreated))
            {
                client.Value.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private HttpMessageInvoker InvokerOf(HttpRequestMessage request) =>
        EngineLoop.Current is { } loop && request.RequestUri!.Scheme == Uri.UriSchemeHttp && IsHttp1(request)
            ? _ofLoops[loop.Index].Value
            : _onSockets.Value;

    // Without TLS there is no negotiation: HTTP/2 is spoken only if no lower version may be.
    private static bool IsHttp1(HttpRequestMessage request) =>
        request.Version <= HttpVersion.Version11 || request.VersionPolicy == HttpVersionPolicy.RequestVersionOrLower;
}
