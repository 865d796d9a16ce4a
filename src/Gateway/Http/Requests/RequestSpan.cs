using System.Diagnostics;
using Gateway.Http.Messages;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Requests;

/// <summary>Adds what the gateway knows of a request to the span that ASP.NET Core makes of it.</summary>
internal static class RequestSpan
{
    /// <summary>The request has ended. Requests of Admin and Probes have no record, and no such attributes.</summary>
    public static void Describe(Activity span, HttpResponse response)
    {
        if (response.HttpContext.Features.Find<RequestRecord>() is not { } record)
        {
            return;
        }

        span.SetTag("client.address", record.Client.Client.ToString());
        span.SetTag("network.peer.address", record.Connection.Peer.Address.ToString());
        span.SetTag("network.peer.port", record.Connection.Peer.Port);
        span.SetTag("gateway.connection.id", response.HttpContext.Connection.Id);
        span.SetTag("gateway.client.source", record.Connection.Source.ToString());
        span.SetTag("gateway.listener", record.Listener);
        if (response.HttpContext.Features.Find<IReverseProxyFeature>() is { } proxy)
        {
            span.SetTag("gateway.route", proxy.Route.Config.RouteId);
            span.SetTag("gateway.cluster", proxy.Cluster.Config.ClusterId);
            span.SetTag("gateway.destination", proxy.ProxiedDestination?.DestinationId);
        }
    }
}
