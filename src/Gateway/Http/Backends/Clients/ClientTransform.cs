using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Tells the HTTP client whose request it sends, where it needs to know: of a cluster that keeps clients apart, and with a body, which it
/// can end. It asks the cluster that this very request goes to, rather than being added to the routes of such clusters: during a reload a
/// request may have the old route and the new cluster.
/// </summary>
internal sealed class ClientTransform : RequestTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        if (context.ProxyRequest.Content is not null
            || context.HttpContext.Features.Get<IReverseProxyFeature>()?.Cluster.HttpClient is ClientInvoker)
        {
            context.ProxyRequest.Options.Set(ClientInvoker.Context, context.HttpContext);
        }

        return default;
    }
}
