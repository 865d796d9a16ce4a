using System.Diagnostics;
using Gateway.Configuration;
using Gateway.Http.Responses;
using Gateway.Tcp.Identification;

namespace Gateway.Http;

/// <summary>
/// The first thing that a request meets: who sent it is derived once, what an untrusted hop claimed is dropped where the listener says so (before
/// routing could match on it), and the request is told in the access log when it has ended.
/// </summary>
internal sealed class HttpGatewayMiddleware(RequestDelegate next, HttpAccessLog log, WaitingResponses waiting)
{
    /// <summary>Runs a request.</summary>
    /// <exception cref="InvalidOperationException">The connection was not accepted by one of the gateway's listeners.</exception>
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<ConnectionIdentity>() is not { } connection || context.Features.Get<IListenerFeature>() is not { Http: { } listener })
        {
            throw new InvalidOperationException("A request came over a connection that KestrelListenerSetup did not set up.");
        }
        var client = Identify(context, connection, listener.ForwardedHeaders);
        listener.TlvHeaders?.Apply(context, connection);
        return RunAsync(context, client, connection, listener);
    }

    private static ClientIdentity Identify(HttpContext context, ConnectionIdentity connection, ForwardedHeadersModel model)
    {
        var headers = context.Request.Headers;
        var hop = connection.Client.Address;
        ClientIdentity? client = null;
        if (model.MayKnowMore(hop))
        {
            client = ForwardedForWalker.Find(hop, headers[ForwardingHeaderNames.For], model);
            context.Features.Set(client);
        }
        else if (context.Features.Get<ClientIdentity>() is { } ofConnection)
        {
            client = ofConnection;
        }
        else
        {
            client = new ClientIdentity { Client = hop, Hop = hop };
            context.Features.Set(client);
        }
        DropClaims(headers, model, client.IsHopTrusted);
        if (model.EnvoyExternalAddress)
        {
            headers[ForwardingHeaderNames.EnvoyExternalAddress] = client.Client.ToString();
        }
        return client;
    }

    /// <summary>
    /// Drops what the hop may not claim. Whoever sent them: claims that are written with underscores, since for many backends they are the headers that we vouch for, said twice.
    /// </summary>
    private static void DropClaims(IHeaderDictionary headers, ForwardedHeadersModel model, bool isHopTrusted)
    {
        var all = !isHopTrusted && model.Untrusted == UntrustedForwardedHeaders.Drop;
        var more = isHopTrusted ? null : model.Drop;
        List<string>? claims = null;
        foreach (var header in headers)
        {
            var name = header.Key;
            var isAlias = name.Contains('_');
            if (((all || isAlias) && ForwardingHeaderNames.IsClaim(name))
                || ((!isHopTrusted || isAlias) && ForwardingHeaderNames.IsEnvoyClaim(name))
                || more?.Contains(name) == true)
            {
                (claims ??= []).Add(name);
            }
        }
        foreach (var claim in claims ?? [])
        {
            headers.Remove(claim);
        }
    }

    private async Task RunAsync(HttpContext context, ClientIdentity client, ConnectionIdentity connection, HttpListenerModel listener)
    {
        var started = Stopwatch.GetTimestamp();
        var response = new WaitingResponse(waiting, context, listener.Name, listener.ResponseStallTimeout);
        context.Features.Set(response);
        var sent = SentBytes.Of(context, response);
        Exception? failure = null;
        try
        {
            await next(context);
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            if (log.IsEnabled)
            {
                log.Write(context, client, connection, listener.Name, started, sent?.Count ?? 0, failure);
            }
        }
    }
}
