using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// Removes <c>Trailer</c> from responses whose trailers cannot be sent. Kestrel writes no trailers in HTTP/1.1, and a client that expects
/// trailers would wait for them or treat the response as broken.
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
