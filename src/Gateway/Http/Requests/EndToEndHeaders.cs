using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>Sends on what YARP takes for a header of one hop: Upgrade-Insecure-Requests tells the origin what a browser prefers.</summary>
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
