using Gateway.Tcp.Admission;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tls;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Makes YARP's HTTP client, whose connections are opened like those of TCP routes: with our resolver, a time limit for each address,
/// keep-alive and metrics. The connections count against the descriptor limit, because one HTTP/2 connection of a client can cause a
/// hundred of them.
/// </summary>
internal sealed class KeepAliveHttpClientFactory(
    SocketDialer dialer,
    ConnectionLimit limit,
    SocketDial dial,
    ClientPoolMetrics metrics,
    TimeSpan lifetime,
    ClientCredentials? credentials,
    EngineLoop? loop,
    ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    /// <inheritdoc/>
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        credentials?.Apply(handler.SslOptions);
        DestinationHandler.Configure(handler);
        handler.PooledConnectionLifetime = lifetime;
        handler.ConnectCallback = (connection, cancellation) => loop is null
            ? DestinationStream.OpenAsync(
                limit,
                ConnectionKind.Shared,
                isOurs: false,
                () => dialer.ConnectAsync(connection.DnsEndPoint, dial, announced: null, cancellation))
            : LoopStream.OpenAsync(
                loop,
                limit,
                ConnectionKind.Shared,
                () => dialer.ConnectAsync(loop, connection.DnsEndPoint, dial, announced: null, cancellation));
    }

    /// <inheritdoc/>
    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new DestinationHandler(base.WrapHandler(context, handler), context.ClusterId, metrics, loop);
}
