using Gateway.Http.Backends.Exchange;
using Gateway.Http.Messages;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Backends.Clients;

/// <summary>Stores the reason why a request was not sent to a destination as a feature, where the access log finds it.</summary>
internal sealed class RefusalTransform : ResponseTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(ResponseTransformContext context)
    {
        if (context.ProxyResponse is RefusedResponse refused)
        {
            context.HttpContext.Features.Put(refused.Refusal);
        }

        return default;
    }
}
