using System.Net;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Forwarded;
using Gateway.Http.Messages;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Identification;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// The HTTP client of a cluster whose destinations learn the client's address from the connection. Each client of the gateway gets its own
/// <see cref="HttpMessageInvoker"/>, whose connections carry the requests of this client only. Health checks are no client's requests; they
/// have separate connections, too.
/// </summary>
internal sealed class ClientInvoker : HttpMessageInvoker
{
    /// <summary>The option of a request that holds the client's HTTP context. Health checks do not have it.</summary>
    public static readonly HttpRequestOptionsKey<HttpContext> Context = new("Gateway.Client");

    private readonly HttpMessageInvoker _own;
    private readonly ClientPool _pool;
    private readonly ClientPoolMetrics _metrics;
    private readonly string _cluster;
    private readonly bool _tellsTlvs;
    private readonly AnnouncedTlvs? _added;

    /// <summary>Creates the HTTP client of a cluster.</summary>
    /// <param name="sourceIp">How clients are told apart.</param>
    /// <param name="cluster">For metrics.</param>
    /// <param name="create">Makes the HTTP client that announces this client; null: the gateway itself.</param>
    /// <param name="pools">The set of all clusters' pools, which gets the new pool.</param>
    /// <param name="metrics">Counts clients.</param>
    /// <param name="time">The clock.</param>
    public ClientInvoker(
        ClusterSourceIp sourceIp,
        string cluster,
        Func<Announcement?, HttpMessageInvoker> create,
        ClientPools pools,
        ClientPoolMetrics metrics,
        TimeProvider time)
        : base(new UnusedHandler())
    {
        SourceIp = sourceIp;
        _cluster = cluster;
        _metrics = metrics;
        _added = sourceIp.Config.AddTlvs.Count > 0 ? new AnnouncedTlvs(sourceIp.Config, cluster) : null;
        _tellsTlvs = _added is not null || sourceIp.Config.PassThroughTlvs.Count > 0;
        _own = create(null);
        _pool = new ClientPool(sourceIp, cluster, create, metrics, time);
        pools.Add(_pool);
    }

    /// <summary>The settings that this HTTP client was made for.</summary>
    public ClusterSourceIp SourceIp { get; }

    /// <summary>Another HTTP client has replaced this one: it serves requests that still come, but keeps no idle connections.</summary>
    public void Retire() => _pool.Retire();

    /// <inheritdoc/>
    public override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(Context, out var context))
        {
            return await _own.SendAsync(request, cancellationToken);
        }

        if (context.Features.Find<ConnectionIdentity>() is not { } connection || context.Features.Find<ClientIdentity>() is not { } client)
        {
            throw new InvalidOperationException("A request has no client identity: it did not come through UseHttpGateway.");
        }

        var identity = Announced(connection, client);
        if (!ProxyEndPoint.From(identity.Client).CanBeSource)
        {
            return RefuseSource(request, $"{identity.Client.Address} is no address of a client");
        }

        var announced = new Announcement(identity, _added?.For(context, identity));
        var key = SourceIp.Announces
            ? ClientKey.OfHeader(identity, _tellsTlvs ? announced.Tlvs ?? identity.Tlvs : default)
            : ClientKey.OfAddress(identity.Client.Address);
        // A key with a port belongs to one connection of the client. A key without a port may come again with another connection.
        var clientClosed = key.Port != 0 ? context.Features.Find<IConnectionLifetimeFeature>()?.ConnectionClosed ?? default : default;
        if (_pool.Acquire(key, announced, clientClosed) is not { } connections)
        {
            var why = $"{SourceIp.MaxClients} clients have requests under way ({ClusterSourceIp.Prefix}MaxClients)";
            return new RefusedResponse(request, HttpStatusCode.ServiceUnavailable, RequestRefusal.Limit(why));
        }

        // OnCompleted runs when the request has ended in every respect: also with WebSockets, with uploads that outlast the response, and
        // with a client that went away.
        context.Response.OnCompleted(Release, connections);
        try
        {
            return await connections.Invoker.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failed) when (SourceProblem(failed) is { } problem)
        {
            return RefuseSource(request, problem.Message);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _own.Dispose();
            _pool.Retire();
        }

        base.Dispose(disposing);
    }

    /// <summary>
    /// The client that destinations learn. Normally this is the connection's client with its port and its TLVs. If trusted proxies named
    /// another client, it is that client without port and TLVs: its port is unknown, and the TLVs of the proxy's connection do not describe
    /// it.
    /// </summary>
    internal static ConnectionIdentity Announced(ConnectionIdentity connection, ClientIdentity client) =>
        client.Client.Equals(connection.Client.Address)
            ? connection
            : connection with
            {
                Client = new IPEndPoint(client.Client, 0),
                Tlvs = default,
            };

    private RefusedResponse RefuseSource(HttpRequestMessage request, string why)
    {
        _metrics.Rejected(_cluster, "source_ip");
        return new RefusedResponse(request, HttpStatusCode.BadGateway, RequestRefusal.SourceIp(why));
    }

    private static ConnectException? SourceProblem(Exception? failed)
    {
        while (failed is not null and not ConnectException)
        {
            failed = failed.InnerException;
        }

        return failed is ConnectException { Failure: CloseReason.SourceIpUnusable } unusable ? unusable : null;
    }

    private static Task Release(object connections)
    {
        var held = (ClientConnections)connections;
        held.Pool.Release(held);
        return Task.CompletedTask;
    }
}
