using System.Net;
using Gateway.Configuration;
using Gateway.Http.Frames;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Http;

/// <summary>Sets a Kestrel server up as one HTTP listener.</summary>
internal static class KestrelListenerSetup
{
    /// <summary>Kestrel wants to know how long a slow start is forgiven before a minimum data rate counts; this is its own default.</summary>
    private static readonly TimeSpan DataRateGracePeriod = TimeSpan.FromSeconds(5);

    /// <summary>Makes <paramref name="kestrel"/> listen on <paramref name="endPoint"/>.</summary>
    /// <param name="kestrel">The options of a server that serves this listener alone.</param>
    /// <param name="endPoint">Where.</param>
    /// <param name="listener">Name, kind and policies; read anew for each connection.</param>
    /// <param name="version">The HTTP version.</param>
    /// <param name="limits">The server's limits.</param>
    /// <param name="host">The host's services, which <see cref="HttpGatewayExtensions.AddHttpGateway"/> filled.</param>
    public static void Configure(
        KestrelServerOptions kestrel, IPEndPoint endPoint, HttpListenerState listener, ListenerHttpVersion version, HttpLimitsConfig limits, IServiceProvider host)
    {
        kestrel.AddServerHeader = false;
        // A proxy has no opinion on how large or slow a body may be: the backend does. Header sizes keep Kestrel's limits (32 KiB, 100 headers).
        kestrel.Limits.MaxRequestBodySize = limits.MaxRequestBodyBytes;
        kestrel.Limits.MinRequestBodyDataRate = RateOf(limits.MinRequestBodyBytesPerSecond);
        kestrel.Limits.MinResponseDataRate = RateOf(limits.MinResponseBytesPerSecond);
        kestrel.Limits.KeepAliveTimeout = limits.KeepAliveTimeout;
        kestrel.Limits.RequestHeadersTimeout = limits.RequestHeadersTimeout;
        kestrel.Limits.Http2.MaxStreamsPerConnection = limits.MaxStreamsPerConnection;
        kestrel.Listen(endPoint, listen =>
        {
            listen.Protocols = version == ListenerHttpVersion.Http2 ? HttpProtocols.Http2 : HttpProtocols.Http1;
            Use(listen, listener, host);
            if (version == ListenerHttpVersion.Http2)
            {
                listen.Use(next => ActivatorUtilities.CreateInstance<FrameGuard>(host, next, listener).OnConnectionAsync);
            }
        });
    }

    /// <summary>Puts what the gateway does per connection in front of HTTP: limit, listener feature, PROXY header, identity.</summary>
    public static void Use(IConnectionBuilder listen, HttpListenerState listener, IServiceProvider host)
    {
        var services = host.GetRequiredService<HttpConnectionServices>();
        listen.Use(next => new HttpConnectionMiddleware(next, listener, services).OnConnectionAsync);
    }

    private static MinDataRate? RateOf(double? bytesPerSecond) => bytesPerSecond is { } rate ? new MinDataRate(rate, DataRateGracePeriod) : null;
}
