using Gateway.Http.Forwarded;
using Gateway.Http.Listeners;
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
            await RefuseAsync(context, connection);
            return;
        }

        await ServeAsync(context, connection);
    }

    private Task RefuseAsync(ConnectionContext context, HttpConnection connection) =>
        services.Refusals.RunAsync(connection, () => ServeAsync(context, connection));

    private Task ServeAsync(ConnectionContext context, HttpConnection connection)
    {
        SetIdentity(context, connection);
        var isOwn = connection.Kind is null;
        context.Transport = new FirstBytesReader(
            context.Transport, connection.Guard, connection.Heard, connection.RefuseHeader, tellsEachRead: isOwn);
        return isOwn ? next(context) : services.Departures.RunAsync(context, next);
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
