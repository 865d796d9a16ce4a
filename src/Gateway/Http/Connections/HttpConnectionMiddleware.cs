using Gateway.Http.Forwarded;
using Gateway.Http.Listeners;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>
/// What happens to a connection before HTTP starts on it: it goes through the prologue (limit, PROXY header, TCP option), and HTTP learns
/// its listener and its client.
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

        SetIdentity(context, connection);
        var isOwn = connection.Kind is null;
        context.Transport = new FirstBytesReader(
            context.Transport, connection.Guard, connection.Heard, () => RefuseHeader(connection), tellsEachRead: isOwn);
        await (isOwn ? next(context) : services.Departures.RunAsync(context, () => next(context)));
    }

    /// <summary>The usual mistake with a new load balancer: it sends a header, and the listener was not told of it.</summary>
    private static void RefuseHeader(HttpConnection connection) => connection.Fail(new Outcome(
        CloseReason.ProxyProtocol,
        nameof(IdentificationRefusal.UnexpectedHeader),
        connection.Listener.Kind switch
        {
            ListenerKind.Traffic => $"a PROXY header, and Listeners:{connection.ListenerName} has no ProxyProtocol section: "
                + "add it with this peer in TrustedProxies, or switch the header off there",
            ListenerKind.Probes => "a PROXY header, and Probes has no ProxyProtocol section: "
                + "add it with this peer in HealthCheckers, or switch the header off there",
            _ => "a PROXY header, and Admin takes none: use Probes",
        }));

    private static void SetIdentity(ConnectionContext context, HttpConnection connection)
    {
        var identity = connection.Identity!;
        context.Features.Set(identity);
        // What HttpContext.Connection.RemoteIpAddress shows: the client, also to YARP's own transforms.
        context.RemoteEndPoint = identity.Client;
        var hop = identity.Client.Address;
        if (connection.Listener.Http is { } http && !http.ForwardedHeaders.MayKnowMore(hop))
        {
            context.Features.Set(new ClientIdentity { Client = hop, Hop = hop });
        }
    }
}
