using Gateway.Http.Listeners;
using Gateway.Http.Messages;

namespace Gateway.Http.GatewayApi;

/// <summary>
/// Finds the HTTPRoute of a request on a listener of the cluster, in place of ASP.NET Core's routing. The routes of the file are not served
/// on such a listener, also those that name no listener: what a Gateway opens to the world is what its HTTPRoutes say.
/// </summary>
internal sealed class HttpRouteMatching(RequestDelegate next, HttpRouteEndpoints endpoints)
{
    /// <summary>Runs a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var table = endpoints.Table;
        if (table.IsEmpty
            || context.Features.Find<IListenerFeature>() is not { } listener
            || table.Find(listener.Name) is not { } hosts)
        {
            return next(context);
        }

        if (hosts.IsMisdirected(context))
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return Task.CompletedTask;
        }

        if (hosts.Find(context.Request) is { } found)
        {
            context.SetEndpoint(found);
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
