using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// Removes <c>Trailer</c> from responses whose trailers cannot pass: Kestrel writes none in HTTP/1.1, and a client that was promised some
/// would wait for them or take the response for broken.
/// </summary>
internal sealed class TrailerTransform : ResponseTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(ResponseTransformContext context)
    {
        if (context.HttpContext.Features.Get<IHttpResponseTrailersFeature>() is null)
        {
            context.HttpContext.Response.Headers.Remove(HeaderNames.Trailer);
        }
        return default;
    }
}
