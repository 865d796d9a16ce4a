using System.Net;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Forwarded;
using Gateway.Http.Listeners;
using Gateway.Http.Messages;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Http.Requests;

/// <summary>
/// Admits requests by the listener's <c>Access</c> and <c>Limits</c>, and answers those that are not admitted: 403 and 429.
/// 1. On a connection that was not admitted, every request is refused, and the connection ends.
/// 2. Access is checked for each request, so that a change takes effect on connections that clients keep open.
/// 3. Behind a trusted hop, each request counts as a connection of its own client while it is under way.
/// </summary>
internal sealed class RequestAdmission(RequestDelegate next, OperatorWarnings warnings)
{
    /// <summary>Runs a request, or refuses it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="listener">The listener.</param>
    /// <param name="client">The client of the request.</param>
    public Task InvokeAsync(HttpContext context, IListenerFeature listener, ClientIdentity client)
    {
        if (listener.Refusal is { } ofConnection)
        {
            return RefuseAsync(context, ofConnection, endsConnection: true);
        }

        if (listener.Admission is not { Rules: { } rules } admission)
        {
            return next(context);
        }

        var isShared = listener.Http!.ForwardedHeaders.MayKnowMore(client.Hop);
        var refusal = Check(rules.Access, client.Client, context.Features.Find<ConnectionIdentity>());
        AdmissionPlace? place = null;
        if (refusal is null && isShared && !IsProxy(client, listener.Http.ForwardedHeaders))
        {
            refusal = admission.TryEnterShared(rules, client.Client, out place);
        }

        if (refusal is not { } outcome)
        {
            return place is null ? next(context) : RunAsync(context, place);
        }

        warnings.Ended(outcome, listener.Name, new IPEndPoint(client.Client, 0));
        return RefuseAsync(context, outcome, endsConnection: !isShared);
    }

    private static Outcome? Check(AccessList? access, IPAddress client, ConnectionIdentity? connection) =>
        (connection is null ? null : access?.CheckCaller(connection.Tlvs.Span)) ?? access?.Check(client);

    // A request that names nobody behind the hop, such as the check of a load balancer. Its address may stand for all clients.
    private static bool IsProxy(ClientIdentity client, ForwardedHeadersModel model) =>
        client.IsHopTrusted && (client.Client.Equals(client.Hop) || model.IsTrusted(client.Client));

    private static Task RefuseAsync(HttpContext context, in Outcome outcome, bool endsConnection)
    {
        context.Features.Put(new RequestRefusal(outcome.Reason, outcome.Label, outcome.Rule ?? "-"));
        context.Response.StatusCode =
            outcome.Reason == CloseReason.AccessDenied ? StatusCodes.Status403Forbidden : StatusCodes.Status429TooManyRequests;
        if (!endsConnection)
        {
            return Task.CompletedTask;
        }

        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Features.Find<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else
        {
            context.Response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }

    private async Task RunAsync(HttpContext context, AdmissionPlace place)
    {
        try
        {
            await next(context);
        }
        finally
        {
            place.GiveBack();
        }
    }
}
