using System.Net;
using Gateway.Http.Messages;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// Sends a response's headers to the client when the body does not follow at once. YARP holds the headers until the first byte of the body
/// (dotnet/yarp#2520). A gRPC stream whose server sends headers first, or an event stream without an event yet, would look dead to the
/// client. Responses of known length are left alone, because their body follows soon, and one packet is saved.
/// </summary>
internal sealed class HeadersFirstTransform : ResponseTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(ResponseTransformContext context)
    {
        // Responses with 101, or to an extended CONNECT, are left alone: the upgrade itself sends their headers.
        if (context.ProxyResponse is { StatusCode: not HttpStatusCode.SwitchingProtocols, Content: { } content } response
            && response.RequestMessage?.Method != HttpMethod.Connect
            && content.Headers.ContentLength is null)
        {
            response.Content = new HeadersFirstContent(content, context.HttpContext.Response);
        }
        return default;
    }

    private sealed class HeadersFirstContent(HttpContent inner, HttpResponse client) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

        protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
            new HeadersFirstStream(await inner.ReadAsStreamAsync(cancellationToken), client);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => inner.CopyToAsync(stream, context);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }
            base.Dispose(disposing);
        }
    }

    private sealed class HeadersFirstStream(Stream inner, HttpResponse client) : CountingStream(inner)
    {
        private bool _began;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = Inner.ReadAsync(buffer, cancellationToken);
            if (_began || read.IsCompleted)
            {
                _began = true;
                return read;
            }
            _began = true;
            return SendHeadersAsync(read.AsTask(), cancellationToken);
        }

        // The copy loop waits for this read, so nothing else writes to the client meanwhile.
        private async ValueTask<int> SendHeadersAsync(Task<int> read, CancellationToken cancellation)
        {
            await client.Body.FlushAsync(cancellation);
            return await read;
        }
    }
}
