using Gateway.Http.Forwarded;
using Gateway.Http.Listeners;
using Gateway.Http.Messages;
using Gateway.Http.Responses;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;

namespace Gateway.Http.Requests;

/// <summary>
/// The first middleware of a request:
/// <list type="number">
/// <item>It finds the client of the request once.</item>
/// <item>It removes the headers that the hop is not trusted to send, before routes could match on them.</item>
/// <item>It refuses clients that the listener does not admit.</item>
/// <item>It ends loops.</item>
/// <item>It reports the request when the request has ended.</item>
/// </list>
/// </summary>
internal sealed class HttpGatewayMiddleware(
    RequestDelegate next, HttpRequestReport report, WaitingResponses waiting, OperatorWarnings warnings)
{
    private readonly RequestDelegate _next = EndLoops(next);
    private readonly RequestDelegate _admitted = Admit(new RequestAdmission(EndLoops(next), warnings));

    /// <summary>Runs a request.</summary>
    /// <exception cref="InvalidOperationException">The connection was not accepted by one of the gateway's listeners.</exception>
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Find<ConnectionIdentity>() is not { } connection
            || context.Features.Find<IListenerFeature>() is not { Http: { } listener } feature)
        {
            throw new InvalidOperationException("A request came over a connection that KestrelListenerSetup did not set up.");
        }
        var client = Identify(context, connection, listener.ForwardedHeaders);
        listener.TlvHeaders?.Apply(context, connection);
        var response = new WaitingResponse(waiting, context, listener.Name, listener.ResponseStallTimeout);
        var isChecked = feature.Refusal is not null || feature.Admission?.Rules is not null;
        return new RequestRecord(context, client, connection, listener.Name, response, report).RunAsync(isChecked ? _admitted : _next);
    }

    private static ClientIdentity Identify(HttpContext context, ConnectionIdentity connection, ForwardedHeadersModel model)
    {
        var headers = context.Request.Headers;
        var hop = connection.Client.Address;
        ClientIdentity? client = null;
        if (model.MayKnowMore(hop))
        {
            client = ForwardedForWalker.Find(hop, headers[ForwardingHeaderNames.For], model);
            context.Features.Put(client);
        }
        else if (context.Features.Find<ClientIdentity>() is { } ofConnection)
        {
            client = ofConnection;
        }
        else
        {
            client = new ClientIdentity { Client = hop, Hop = hop };
            context.Features.Put(client);
        }
        DropClaims(headers, model, client.IsHopTrusted);
        if (model.EnvoyExternalAddress)
        {
            headers[ForwardingHeaderNames.EnvoyExternalAddress] = client.Client.ToString();
        }
        return client;
    }

    private static void DropClaims(IHeaderDictionary headers, ForwardedHeadersModel model, bool isHopTrusted)
    {
        List<string>? claims = null;
        foreach (var header in headers)
        {
            if (model.Refuses(header.Key, isHopTrusted))
            {
                (claims ??= []).Add(header.Key);
            }
        }
        if (claims is null)
        {
            return;
        }
        foreach (var claim in claims)
        {
            headers.Remove(claim);
        }
    }

    private static RequestDelegate Admit(RequestAdmission admission) => context =>
        admission.InvokeAsync(context, context.Features.Find<IListenerFeature>()!, context.Features.Find<ClientIdentity>()!);

    private static RequestDelegate EndLoops(RequestDelegate next) => context =>
    {
        if (!LoopGuard.IsLooping(context.Request.Headers[LoopGuard.Header]))
        {
            return next(context);
        }
        context.Features.Put(LoopGuard.Refusal);
        context.Response.StatusCode = StatusCodes.Status508LoopDetected;
        return Task.CompletedTask;
    };
}
