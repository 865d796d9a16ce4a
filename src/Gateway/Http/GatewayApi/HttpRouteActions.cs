using Gateway.Http.Messages;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.GatewayApi;

/// <summary>
/// What an HTTPRoute's rule asks beyond YARP's transforms: a redirect, or the choice among weighted backends. A request that falls to a
/// backend that cannot be used is answered with 500, as the Gateway API demands.
/// </summary>
internal sealed class HttpRouteActions(RequestDelegate next, HttpRouteEndpoints endpoints, IProxyStateLookup clusters)
{
    /// <summary>Runs a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (endpoints.Table.IsEmpty || context.GetEndpoint()?.Metadata.GetMetadata<HttpRouteRule>() is not { } rule)
        {
            return next(context);
        }

        if (rule.Redirect is { } redirect)
        {
            context.Response.StatusCode = redirect.Status;
            context.Response.Headers.Location = redirect.LocationOf(context.Request, rule.Path);
            return Task.CompletedTask;
        }

        if (rule.Backends is not { } backends)
        {
            return next(context);
        }

        var (name, index) = backends.NextShare();
        RouteModel? own = null;
        if (name is null
            || !clusters.TryGetCluster(name, out var cluster)
            || (rule.BackendRoutes.Count > 0 && !clusters.TryGetRoute(rule.BackendRoutes[index], out own)))
        {
            context.Features.Put<IForwarderErrorFeature>(NoBackend.Instance);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        }

        if (own is not null)
        {
            // A newer configuration may have another backend in this place: what the filters set is for the cluster of their route.
            context.ReassignProxyRequest(own, own.Cluster ?? cluster);
        }
        else if (context.GetReverseProxyFeature().Cluster.Config.ClusterId != cluster.ClusterId)
        {
            context.ReassignProxyRequest(cluster);
        }

        return next(context);
    }

    // The access log and the metrics say no_destination.
    private sealed class NoBackend : IForwarderErrorFeature
    {
        public static NoBackend Instance { get; } = new();

        public ForwarderError Error => ForwarderError.NoAvailableDestinations;

        public Exception? Exception => null;
    }
}
