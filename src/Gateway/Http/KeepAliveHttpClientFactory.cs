using System.Net.Sockets;
using Gateway.Http.Turns;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Http;

/// <summary>
/// YARP's own client with TCP keep-alive towards destinations: clouds and stateful firewalls forget idle flows at 240–350 s, and a
/// destination that died without a FIN is found within two minutes although no activity timeout is set.
/// </summary>
internal sealed class KeepAliveHttpClientFactory(ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    /// <summary>The defaults of <see cref="Configuration.KeepAliveConfig"/>; YARP's cluster schema has no key for them.</summary>
    private static readonly Configuration.KeepAliveConfig KeepAlive = new();

    /// <inheritdoc/>
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectCallback = ConnectAsync;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)KeepAlive.Time.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)KeepAlive.Interval.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAlive.Retries);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new TurnTakingStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
