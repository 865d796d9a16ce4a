using Gateway.Http.Messages;
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
        var headers = context.HttpContext.Response.Headers;
        if (headers.Trailer.Count > 0 && context.HttpContext.Features.Find<IHttpResponseTrailersFeature>() is null)
        {
            headers.Remove(HeaderNames.Trailer);
        }
        return default;
    }
}
