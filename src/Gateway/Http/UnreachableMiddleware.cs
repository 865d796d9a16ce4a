using Gateway.Http.Exchange;
using Gateway.Tcp.Diagnostics;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http;

/// <summary>Tells the operator of requests that reached no destination, once for each cluster and cause in a while.</summary>
internal sealed class UnreachableMiddleware(RequestDelegate next, OperatorWarnings warnings)
{
    /// <summary>Runs a request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (RequestFailure.Of(context) is { IsUnreachable: true } failure && context.Features.Get<IReverseProxyFeature>() is { } proxy)
        {
            var destination = proxy.ProxiedDestination is { } asked ? $"destination:{asked.DestinationId}," : "";
            warnings.Unreachable(proxy.Cluster.Config.ClusterId, failure.Reason, destination + HttpAccessLog.DetailOf(RequestFailure.ErrorOf(context)?.Exception));
        }
    }
}
