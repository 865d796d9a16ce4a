namespace Gateway.Http.Backends.Clients;

/// <summary>
/// The handler that the constructor of <see cref="HttpMessageInvoker"/> asks for. It is never called: SendAsync is overridden.
/// </summary>
internal sealed class UnusedHandler : HttpMessageHandler
{
    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("Requests go through another handler.");
}
