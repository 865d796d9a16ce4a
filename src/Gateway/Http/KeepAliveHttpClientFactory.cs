using System.Net.Sockets;
using Gateway.Http.Clients;
using Gateway.Http.Messages;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Listening;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Http;

/// <summary>
/// YARP's own client with TCP keep-alive towards destinations: clouds and stateful firewalls forget idle flows at 240–350 s, and a
/// destination that died without a FIN is found within two minutes although no activity timeout is set. Its connections count against the descriptor limit: one HTTP/2 connection of a
/// client can ask for a hundred.
/// </summary>
internal sealed class KeepAliveHttpClientFactory(ConnectionLimit limit, ClientPoolMetrics metrics, ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    /// <summary>The defaults of <see cref="Configuration.KeepAliveConfig"/>; YARP's cluster schema has no key for them.</summary>
    private static readonly Configuration.KeepAliveConfig KeepAlive = new();

    /// <inheritdoc/>
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        HeaderBytes.Keep(handler);
        AsteriskTarget.Allow(handler);
        handler.ConnectCallback = (connection, cancellation) =>
            DestinationStream.OpenAsync(limit, ConnectionKind.Shared, isOurs: false, () => ConnectAsync(connection, cancellation));
    }

    /// <inheritdoc/>
    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new Refusing(base.WrapHandler(context, handler), context.ClusterId, metrics);

    private static async ValueTask<Socket> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)KeepAlive.Time.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)KeepAlive.Interval.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAlive.Retries);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            LocalPorts.RefuseSelf(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A request for which there was no room is answered: as a failure it would count against the destination's health.</summary>
    private sealed class Refusing(HttpMessageHandler inner, string cluster, ClientPoolMetrics metrics) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException failed) when (NoRoomException.Behind(failed) is { } full)
            {
                metrics.Rejected(cluster, "descriptors");
                return new RefusedResponse(request, full);
            }
        }
    }
}
