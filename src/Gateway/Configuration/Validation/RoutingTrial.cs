using Gateway.Http.GatewayApi;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Routing.Patterns;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Builds the matcher for all routes, as the first request would. This finds errors that the checks of single routes overlook. Once a file
/// is in force whose matcher cannot be built, ASP.NET Core never builds a matcher again, not even for a later file.
/// </summary>
internal static class RoutingTrial
{
    /// <summary>Tries to build the matcher.</summary>
    /// <param name="routes">Routes without errors.</param>
    /// <param name="services">
    /// New <see cref="RoutingServices"/> for this trial, of which the caller disposes: routing keeps the endpoints of every application
    /// that is built with a provider, megabytes for each read of a large file.
    /// </param>
    /// <returns>Why the matcher cannot be built; null: it can be built.</returns>
    public static string? FindProblem(IReadOnlyList<RouteConfig> routes, IServiceProvider services)
    {
        // Routing matches no HTTPRoutes.
        RouteConfig[] matched = [.. routes.Where(static route => !HttpRouteRule.IsMarked(route))];
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.UseEndpoints(endpoints => endpoints.DataSources.Add(new DefaultEndpointDataSource(matched.Select(CreateEndpoint))));
        try
        {
            app.Build()(new DefaultHttpContext { RequestServices = services, Request = { Method = "GET", Path = "/" } })
                .GetAwaiter()
                .GetResult();
            return null;
        }
#pragma warning disable CA1031 // Routing throws various exceptions for a pattern that it does not accept.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return LogText.DetailOf(e);
        }
    }

    private static Endpoint CreateEndpoint(RouteConfig route)
    {
        var pattern = RoutePatternFactory.Parse(route.Match.Path is { Length: > 0 } path ? path : "/{**catchall}");
        var endpoint = new RouteEndpointBuilder(static _ => Task.CompletedTask, pattern, route.Order.GetValueOrDefault())
        {
            DisplayName = route.RouteId,
        };
        endpoint.Metadata.Add(new RouteModel(route, null, HttpTransformer.Default));
        if (route.Match.Hosts is { Count: > 0 } hosts)
        {
            endpoint.Metadata.Add(new HostAttribute([.. hosts]));
        }

        if (route.Match.Methods is { Count: > 0 } methods)
        {
            endpoint.Metadata.Add(new HttpMethodMetadata(methods));
        }

        return endpoint.Build();
    }
}
