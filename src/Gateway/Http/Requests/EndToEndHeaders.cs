using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// Passes Upgrade-Insecure-Requests on. YARP drops it as a hop-by-hop header, but it tells the origin what a browser prefers.
/// </summary>
internal sealed class EndToEndHeaders : RequestTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        if (context.HeadersCopied && context.HttpContext.Request.Headers.UpgradeInsecureRequests is { Count: > 0 } wish)
        {
            AddHeader(context, HeaderNames.UpgradeInsecureRequests, wish);
        }

        return default;
    }
}
