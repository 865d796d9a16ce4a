using Gateway.Configuration;
using Gateway.Observability;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.SourceIp;
using Gateway.Tls;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Makes the HTTP clients for YARP. A cluster has one HTTP client for all requests, unless its Metadata has a <c>SourceIp.Mode</c>. With
/// that key, each client of the gateway gets its own HTTP client. They differ only in how they connect.
/// </summary>
internal sealed class ClientInvokerFactory(
    SocketDialer dialer,
    ConnectionLimit limit,
    DestinationOptions options,
    DestinationNames names,
    ClientPools pools,
    ClientPoolMetrics metrics,
    HttpClusterCredentials credentials,
    HttpLoops loops,
    TimeProvider time,
    ILogger<ForwarderHttpClientFactory> logger) : IForwarderHttpClientFactory, IStartsAtZero
{
    private static readonly SourceIpModel NoSourceIp = new() { Mode = SourceIpMode.None };

    /// <inheritdoc/>
    public void StartAtZero(GatewayConfig config)
    {
        foreach (var cluster in config.ReverseProxy.Clusters)
        {
            if (ClusterSourceIp.Of(cluster.Metadata) is { } sourceIp)
            {
                dialer.StartAtZero(cluster.ClusterId, SourceIpModel.From(sourceIp.Config));
            }
        }
    }

    /// <inheritdoc/>
    public HttpMessageInvoker CreateClient(ForwarderHttpClientContext context)
    {
        var wanted = ClusterSourceIp.Of(context.NewMetadata) is { Config.Mode: not (null or SourceIpMode.None) } sourceIp
            ? sourceIp
            : null;
        var old = context.OldClient as ClientInvoker;
        var isSame = context.NewConfig == context.OldConfig
            && ClusterSockets.Read(context.NewMetadata) == ClusterSockets.Read(context.OldMetadata);
        if (wanted is not null && old is not null && old.SourceIp.Equals(wanted) && isSame)
        {
            return old;
        }

        old?.Retire();
        var dial = DialOf(context, wanted is null ? NoSourceIp : SourceIpModel.From(wanted.Config));
        if (wanted is null)
        {
            return context.OldClient is RenewingInvoker reused && isSame
                ? reused
                : Follow(
                    context,
                    (lifetime, own, loop) => new KeepAliveHttpClientFactory(
                        dialer, limit, dial, metrics, lifetime, own, loop, logger));
        }

        HttpMessageInvoker Create(Announcement? announced) =>
            Follow(
                context,
                (lifetime, own, loop) => new BoundFactory(
                    dialer, limit, lifetime, metrics, dial, announced, wanted.IdleTimeout, own, loop));
        return new ClientInvoker(wanted, context.ClusterId, Create, pools, metrics, time);
    }

    private SocketDial DialOf(ForwarderHttpClientContext context, SourceIpModel sourceIp)
    {
        var sockets = ClusterSockets.Read(context.NewMetadata);
        var probes = sockets.KeepAlive is { Enabled: true } on ? new TcpKeepAlive(on.Time, on.Interval, on.Retries) : null;
        return new SocketDial(context.ClusterId, sourceIp, probes, at => names.Of(context.ClusterId, at))
        {
            UserTimeout = sockets.KeepAlive.UserTimeout,
            Socket = sockets.Socket,
        };
    }

    // Another client takes over when the certificates change, and for each name when its addresses do.
    private RenewingInvoker Follow(
        ForwarderHttpClientContext context,
        Func<TimeSpan, ClientCredentials?, EngineLoop?, ForwarderHttpClientFactory> factory)
    {
        // A limit on the connections to a server is a limit of one client.
        IReadOnlyList<EngineLoop> own = context.NewConfig.MaxConnectionsPerServer is null ? loops.All : [];
        return new(
            () => credentials.Of(context.ClusterId),
            certificates => new FollowingInvoker(
                lifetime => LoopInvoker.Of(own, loop => factory(lifetime, certificates, loop).CreateClient(WithoutOld(context))),
                dialer,
                options));
    }

    private static ForwarderHttpClientContext WithoutOld(ForwarderHttpClientContext context) =>
        new() { ClusterId = context.ClusterId, NewConfig = context.NewConfig, NewMetadata = context.NewMetadata };

    /// <summary>Makes YARP's HTTP client with the cluster's settings, whose connections are opened for one client of the gateway.</summary>
    private sealed class BoundFactory(
        SocketDialer dialer,
        ConnectionLimit limit,
        TimeSpan lifetime,
        ClientPoolMetrics metrics,
        SocketDial dial,
        Announcement? announced,
        TimeSpan idleTimeout,
        ClientCredentials? credentials,
        EngineLoop? loop) : ForwarderHttpClientFactory
    {
        protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
        {
            base.ConfigureHandler(context, handler);
            credentials?.Apply(handler.SslOptions);
            DestinationHandler.Configure(handler);
            handler.PooledConnectionIdleTimeout = idleTimeout;
            handler.PooledConnectionLifetime = lifetime;
            handler.ConnectCallback = (connection, cancellation) => loop is null
                ? DestinationStream.OpenAsync(
                    limit,
                    ConnectionKind.Own,
                    isOurs: announced is null,
                    () => dialer.ConnectAsync(connection.DnsEndPoint, dial, announced, cancellation))
                : LoopStream.OpenAsync(
                    loop,
                    limit,
                    ConnectionKind.Own,
                    () => dialer.ConnectAsync(loop, connection.DnsEndPoint, dial, announced, cancellation));
        }

        protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
            new DestinationHandler(base.WrapHandler(context, handler), context.ClusterId, metrics, loop);
    }
}
