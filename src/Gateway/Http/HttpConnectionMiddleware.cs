using System.Net;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http;

/// <summary>What happens to a connection before HTTP starts on it.</summary>
internal sealed class HttpConnectionMiddleware(ConnectionDelegate next, HttpListenerState listener, HttpConnectionServices services)
{
    /// <summary>Runs a connection.</summary>
    public Task OnConnectionAsync(ConnectionContext connection)
    {
        _ = services;
        var feature = listener.Current;
        connection.Features.Set(feature);
        var peer = Unmap(connection.RemoteEndPoint);
        SetIdentity(connection, feature, new ConnectionIdentity
        {
            Client = peer,
            Peer = peer,
            Local = Unmap(connection.LocalEndPoint),
            Source = IdentitySource.Socket,
        });
        return next(connection);
    }

    private static void SetIdentity(ConnectionContext connection, IListenerFeature feature, ConnectionIdentity identity)
    {
        connection.Features.Set(identity);
        // What HttpContext.Connection.RemoteIpAddress shows: the client, also to YARP's own transforms.
        connection.RemoteEndPoint = identity.Client;
        var hop = identity.Client.Address;
        if (feature.Http is { } http && !http.ForwardedHeaders.MayKnowMore(hop))
        {
            connection.Features.Set(new ClientIdentity { Client = hop, Hop = hop });
        }
    }

    private static IPEndPoint Unmap(EndPoint? endPoint)
    {
        var ip = endPoint as IPEndPoint ?? new IPEndPoint(IPAddress.None, 0);
        return ip.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(ip.Address.MapToIPv4(), ip.Port) : ip;
    }
}
