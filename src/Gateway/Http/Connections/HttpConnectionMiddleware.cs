using System.Net;
using Gateway.Http.Forwarded;
using Gateway.Http.Listeners;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Networks;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Http.Connections;

/// <summary>
/// What happens to a connection before HTTP starts on it: it is counted against the process's limit, learns its listener, and learns who its
/// client is, from the PROXY header or a TCP option where the listener has a policy.
/// </summary>
internal sealed class HttpConnectionMiddleware(ConnectionDelegate next, HttpListenerState listener, HttpConnectionServices services)
{
    /// <summary>Runs a connection.</summary>
    public Task OnConnectionAsync(ConnectionContext connection)
    {
        var feature = listener.Current;
        connection.Features.Set(feature);
        // Probes and Admin have to answer when traffic has taken every place: theirs are reserved (ReservedConnections).
        return feature.Kind == ListenerKind.Traffic ? RunCountedAsync(connection, feature) : RunAsync(connection, feature);
    }

    private async Task RunCountedAsync(ConnectionContext connection, IListenerFeature feature)
    {
        if (!services.Limit.TryAcquire())
        {
            Reject(connection, feature, "limit", null);
            return;
        }
        try
        {
            await services.Departures.RunAsync(connection, () => RunAsync(connection, feature));
        }
        finally
        {
            services.Limit.Release();
        }
    }

    private Task RunAsync(ConnectionContext connection, IListenerFeature feature)
    {
        var peer = PeerEndPoint.Of(connection.RemoteEndPoint);
        var local = PeerEndPoint.Of(connection.LocalEndPoint);
        if (feature.Http?.ProxyProtocol is { } policy)
        {
            return IdentifyAndRunAsync(connection, feature, new ProxyHeaderReader(policy, peer, local, services.Time));
        }
        return ContinueAsync(connection, feature, new ConnectionIdentity { Client = peer, Peer = peer, Local = local, Source = IdentitySource.Socket });
    }

    /// <summary>Without a PROXY header, a TCP option of a trusted peer may name the client.</summary>
    private Task ContinueAsync(ConnectionContext connection, IListenerFeature feature, ConnectionIdentity identity)
    {
        if (feature.Http?.Toa is { } toa && services.Tcp is { } tcp && toa.Trusts(identity.Peer.Address))
        {
            return FindAndRunAsync(connection, feature, identity, new ToaReader(toa, tcp, services.Time));
        }
        SetIdentity(connection, feature, identity);
        return RunHttpAsync(connection, feature, identity);
    }

    private async Task FindAndRunAsync(ConnectionContext connection, IListenerFeature feature, ConnectionIdentity identity, ToaReader reader)
    {
        var (found, result, refusal) = await reader.ReadAsync(connection, identity, StopOf(connection));
        switch (result)
        {
            case "health_check":
                services.Metrics.HealthCheck(feature.Name);
                services.AccessLog.WriteSilent(identity.Peer, feature.Name);
                return;
            case "draining":
                Reject(connection, feature, "draining", null);
                return;
        }
        services.Metrics.ToaReceived(feature.Name, result);
        if (found is null)
        {
            Reject(connection, feature, "toa", new IdentificationStep { Action = IdentificationAction.Refuse, Refusal = refusal });
            return;
        }
        SetIdentity(connection, feature, found);
        await RunHttpAsync(connection, feature, found);
    }

    private async Task IdentifyAndRunAsync(ConnectionContext connection, IListenerFeature feature, ProxyHeaderReader reader)
    {
        var (step, identity, isDraining) = await reader.ReadAsync(connection.Transport.Input, StopOf(connection));
        if (isDraining)
        {
            Reject(connection, feature, "draining", null);
            return;
        }
        services.Metrics.Concluded(feature.Name, step, reader.Elapsed);
        if (identity is not null && !step.HasHeader)
        {
            await ContinueAsync(connection, feature, identity);
        }
        else if (identity is not null)
        {
            SetIdentity(connection, feature, identity);
            await next(connection);
        }
        else if (step.Action == IdentificationAction.CloseSilently)
        {
            services.Metrics.HealthCheck(feature.Name);
            services.AccessLog.WriteSilent(PeerEndPoint.Of(connection.RemoteEndPoint), feature.Name);
        }
        else
        {
            Reject(connection, feature, "proxy_protocol", step);
        }
    }

    private void Reject(ConnectionContext connection, IListenerFeature feature, string reason, IdentificationStep? step)
    {
        services.Metrics.Rejected(feature.Name, reason);
        var peer = PeerEndPoint.Of(connection.RemoteEndPoint);
        services.AccessLog.WriteRejected(peer, feature.Name, reason, step);
        if (reason != "draining")
        {
            services.Warnings.Refused(feature.Name, reason, step?.Refusal.ToString() ?? "-", peer);
        }
        // Now, rather than after what the peer may still be sending has been read.
        connection.Abort(new ConnectionAbortedException(reason));
    }

    private Task RunHttpAsync(ConnectionContext connection, IListenerFeature feature, ConnectionIdentity identity)
    {
        if (feature.Http?.ProxyProtocol is null)
        {
            connection.Transport = new FirstBytesReader(connection.Transport, () => RejectHeader(connection, feature, identity.Peer));
        }
        return next(connection);
    }

    /// <summary>The usual mistake with a new load balancer: it sends a header, and the listener was not told of it.</summary>
    private void RejectHeader(ConnectionContext connection, IListenerFeature feature, IPEndPoint peer)
    {
        services.Metrics.Rejected(feature.Name, "proxy_protocol");
        services.AccessLog.WriteUnexpectedHeader(peer, feature.Name, feature.Kind);
        services.Warnings.Refused(feature.Name, "proxy_protocol", "UnexpectedHeader", peer);
        connection.Abort(new ConnectionAbortedException("proxy_protocol"));
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

    private static CancellationToken StopOf(ConnectionContext connection) =>
        connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
}
