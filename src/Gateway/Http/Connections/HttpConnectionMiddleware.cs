using Gateway.Http.Forwarded;
using Gateway.Http.Listeners;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>
/// Prepares a connection before HTTP starts on it: runs the prologue (limit, PROXY header, TCP option), and tells HTTP the connection's
/// listener and client.
/// </summary>
internal sealed class HttpConnectionMiddleware(ConnectionDelegate next, HttpListenerState listener, HttpConnectionServices services)
{
    /// <summary>Runs a connection.</summary>
    public async Task OnConnectionAsync(ConnectionContext context)
    {
        var connection = services.Of(context, listener);
        context.Features.Set(connection.Listener);
        if (connection.Kind is null)
        {
            await RunAsync(context, connection);
            return;
        }

        services.Live.Add(connection);
        try
        {
            await RunAsync(context, connection);
        }
        finally
        {
            services.Prologue.Leave(connection);
            if (connection.Refusal is not null)
            {
                services.Refusals.Release();
            }

            services.Ended(connection);
            services.Live.Remove(connection);
        }
    }

    private async Task RunAsync(ConnectionContext context, HttpConnection connection)
    {
        var goesOn = await services.Prologue.RunAsync(connection);
        connection.LeavePrologue();
        if (!goesOn)
        {
            return;
        }

        if (connection.Refusal is { } refusal)
        {
            context.Features.Set(connection.Listener.Refused(refusal));
            await services.Refusals.RunAsync(connection, () => ServeAsync(context, connection));
            return;
        }

        await ServeAsync(context, connection);
    }

    private async Task ServeAsync(ConnectionContext context, HttpConnection connection)
    {
        SetIdentity(context, connection);
        var isOwn = connection.Kind is null;
        context.Transport = new FirstBytesReader(
            context.Transport, connection.Guard, connection.Heard, () => RefuseHeader(connection), tellsEachRead: isOwn);
        await (isOwn ? next(context) : services.Departures.RunAsync(context, () => next(context)));
    }

    /// <summary>
    /// Refuses an unexpected PROXY header, with the cure. This is the usual mistake with a new load balancer: it sends the header, and the
    /// listener has no ProxyProtocol section.
    /// </summary>
    private static void RefuseHeader(HttpConnection connection)
    {
        var cure = connection.Listener.Kind switch
        {
            _ when connection.ProxyProtocol is not null =>
                "a PROXY header where none can be dropped: it is not whole, or another came before it",
            ListenerKind.Traffic => $"a PROXY header, and Listeners:{connection.ListenerName} has no ProxyProtocol section: "
                + "add it with this peer in TrustedProxies, or switch the header off there",
            ListenerKind.Probes => "a PROXY header, and Probes has no ProxyProtocol section: "
                + "add it with this peer in HealthCheckers, or switch the header off there",
            _ => "a PROXY header, and Admin takes none: use Probes",
        };
        connection.Fail(IdentificationOutcomes.OfHeader(IdentificationRefusal.UnexpectedHeader) with { Error = cure });
    }

    private static void SetIdentity(ConnectionContext context, HttpConnection connection)
    {
        var identity = connection.Identity!;
        context.Features.Set(identity);
        // HttpContext.Connection.RemoteIpAddress then is the client, for YARP's own transforms, too.
        context.RemoteEndPoint = identity.Client;
        var hop = identity.Client.Address;
        if (connection.Listener.Http is { } http && !http.ForwardedHeaders.MayKnowMore(hop))
        {
            context.Features.Set(new ClientIdentity { Client = hop, Hop = hop });
        }
    }
}
