using Gateway.Http.Messages;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Gives the HTTP client the HTTP context of a request, in two cases: the cluster keeps clients apart, or the request has a body, which the
/// HTTP client can end early. The transform runs on every route and asks the cluster of this request, because during a reload a request may
/// have the old route and the new cluster.
/// </summary>
internal sealed class ClientTransform : RequestTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        if (context.ProxyRequest.Content is not null
            || context.HttpContext.Features.Find<IReverseProxyFeature>()?.Cluster.HttpClient is ClientInvoker)
        {
            context.ProxyRequest.Options.Set(ClientInvoker.Context, context.HttpContext);
        }

        return default;
    }
}
