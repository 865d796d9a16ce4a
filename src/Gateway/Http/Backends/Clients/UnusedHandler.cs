namespace Gateway.Http.Backends.Clients;

/// <summary>What an <see cref="HttpMessageInvoker"/> needs that overrides the sending.</summary>
internal sealed class UnusedHandler : HttpMessageHandler
{
    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("Requests go through another handler.");
}
