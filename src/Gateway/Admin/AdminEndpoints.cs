using Gateway.Admin.Api;
using Gateway.Admin.Page;
using Gateway.Http.Listeners;
using Gateway.Kubernetes.GatewayApi;

namespace Gateway.Admin;

/// <summary>
/// The endpoints of the Probes and Admin listeners: <c>/healthz/live</c>, <c>/healthz/ready</c> and <c>/metrics</c>; Admin also has
/// <c>/check</c>, <c>/api/…</c> and the status page. The accepting listener decides, never the Host header, which a client can write as it
/// likes.
/// </summary>
internal static class AdminEndpoints
{
    public static void UseAdminEndpoints(this IApplicationBuilder app) =>
        app.UseWhen(
            context => context.Features.Get<IListenerFeature>() is not { Kind: ListenerKind.Traffic },
            branch =>
            {
                branch.Use(AdminGuard.RunAsync);
                branch.Use(UntypedCounts.RunAsync);
                branch.UseOpenTelemetryPrometheusScrapingEndpoint(static context =>
                    context.Request.Path.Value == "/metrics" && IsRead(context.Request));
                branch.Run(AnswerAsync);
            });

    private static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private static Task AnswerAsync(HttpContext context)
    {
        if (context.Features.Get<IListenerFeature>() is { Kind: ListenerKind.Admin })
        {
            if (context.Request.Path == "/check")
            {
                return CheckEndpoint.AnswerAsync(context);
            }

            if (PageEndpoint.Has(context.Request.Path.Value))
            {
                return PageEndpoint.AnswerAsync(context);
            }

            if (context.Request.Path.StartsWithSegments(ApiEndpoint.Prefix))
            {
                return context.RequestServices.GetRequiredService<ApiEndpoint>().AnswerAsync(context);
            }
        }

        var (isReady, state) = FindReadiness(context.RequestServices);
        var (status, text) = context.Request.Path.Value switch
        {
            "/healthz/live" => (StatusCodes.Status200OK, "alive"),
            "/healthz/ready" => (isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, state),
            "/metrics" => (StatusCodes.Status405MethodNotAllowed, ""),
            _ => (StatusCodes.Status404NotFound, "not found: /healthz/live, /healthz/ready, /metrics"),
        };
        if (status != StatusCodes.Status404NotFound && !IsRead(context.Request))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(text + "\n");
    }

    private static (bool IsReady, string State) FindReadiness(IServiceProvider services)
    {
        var readiness = services.GetRequiredService<Readiness>();
        if (readiness.IsReady && services.GetRequiredService<ClusterRoutes>().IsStarting)
        {
            return (false, "waiting for the routes of Kubernetes:GatewayClass");
        }
        return readiness.IsReady && services.GetRequiredService<ClusterReadiness>().FindDown() is { Count: > 0 } down
            ? (false, $"no healthy destination: {string.Join(", ", down)}")
            : (readiness.IsReady, readiness.State);
    }
}
