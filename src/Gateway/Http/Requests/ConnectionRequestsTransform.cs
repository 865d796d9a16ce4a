using Gateway.Http.Messages;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>Tells a connection where its newest request goes. The transforms are the first code that knows the destination.</summary>
internal sealed class ConnectionRequestsTransform : RequestTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        var features = context.HttpContext.Features;
        if (features.Find<ConnectionRequests>() is { } requests && features.Find<IReverseProxyFeature>() is { } proxy)
        {
            requests.Send(proxy);
        }

        return default;
    }
}
