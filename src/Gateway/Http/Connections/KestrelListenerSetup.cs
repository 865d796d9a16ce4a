using System.Net;
using Gateway.Configuration;
using Gateway.Http.Listeners;
using Gateway.Http.Messages;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Http.Connections;

/// <summary>Sets a Kestrel server up as one HTTP listener.</summary>
internal static class KestrelListenerSetup
{
    /// <summary>
    /// Kestrel wants to know how long a slow start is forgiven before a minimum data rate counts; this is its own default.
    /// </summary>
    private static readonly TimeSpan DataRateGracePeriod = TimeSpan.FromSeconds(5);

    /// <summary>What HTTP/2 starts with (RFC 9113, section 6.9.2); Kestrel takes no less.</summary>
    private const int LeastStreamWindow = 65_535;

    /// <summary>Makes <paramref name="kestrel"/> listen on <paramref name="endPoint"/>.</summary>
    /// <param name="kestrel">The options of a server that serves this listener alone.</param>
    /// <param name="endPoint">Where.</param>
    /// <param name="listener">Name, kind and policies; read anew for each connection.</param>
    /// <param name="version">The HTTP version; null: TLS ends here, and each connection agrees on one.</param>
    /// <param name="limits">The server's limits.</param>
    /// <param name="host">The host's services, which <see cref="HttpGatewayExtensions.AddHttpGateway"/> filled.</param>
    public static void Configure(
        KestrelServerOptions kestrel,
        IPEndPoint endPoint,
        HttpListenerState listener,
        ListenerHttpVersion? version,
        HttpLimitsConfig limits,
        IServiceProvider host)
    {
        kestrel.AddServerHeader = false;
        HeaderBytes.Keep(kestrel);
        // RFC 9112, 3.2.2: the host of an absolute target stands, whatever the Host header says.
        kestrel.AllowHostHeaderOverride = true;
        // A proxy that ended TLS says https over cleartext HTTP/2; who is believed is decided in RequestRules.
        kestrel.AllowAlternateSchemes = true;
        HeaderLimits.Of(limits).Set(kestrel, version);
        // A proxy has no opinion on how large or slow a body may be: the backend does.
        kestrel.Limits.MaxRequestBodySize = limits.MaxRequestBodyBytes;
        kestrel.Limits.MinRequestBodyDataRate = RateOf(limits.MinRequestBodyBytesPerSecond);
        kestrel.Limits.MinResponseDataRate = RateOf(limits.MinResponseBytesPerSecond);
        kestrel.Limits.KeepAliveTimeout = limits.KeepAliveTimeout;
        kestrel.Limits.RequestHeadersTimeout = limits.RequestHeadersTimeout;
        // The connection's window stays Kestrel's, 1 MiB: uploads that a backend does not take leave room for the other streams (Envoy
        // recommends the same two at the edge).
        kestrel.Limits.Http2.InitialStreamWindowSize = Math.Max(LeastStreamWindow, limits.RequestBufferBytes);
        kestrel.Limits.Http2.InitialConnectionWindowSize = Math.Max(
            kestrel.Limits.Http2.InitialConnectionWindowSize,
            limits.RequestBufferBytes);
        kestrel.Limits.Http2.MaxStreamsPerConnection = limits.MaxStreamsPerConnection;
        kestrel.Listen(endPoint, listen =>
        {
            Use(listen, listener, host);
            switch (version)
            {
                case ListenerHttpVersion.Http1:
                    listen.Protocols = HttpProtocols.Http1;
                    break;
                case ListenerHttpVersion.Http2:
                    listen.Protocols = HttpProtocols.Http2;
                    listen.Use(next => Guard(next, host));
                    break;
                default:
                    // Not set: the server would take both without its own TLS for a mistake. Its default is both.
                    listen.Use(next =>
                        ActivatorUtilities.CreateInstance<TlsMiddleware>(host, next, Guard(next, host)).OnConnectionAsync);
                    break;
            }
        });
    }

    /// <summary>Puts what the gateway does per connection in front of HTTP: limit, listener feature, PROXY header, identity.</summary>
    public static void Use(IConnectionBuilder listen, HttpListenerState listener, IServiceProvider host)
    {
        var services = host.GetRequiredService<HttpConnectionServices>();
        listen.Use(next => new HttpConnectionMiddleware(next, listener, services).OnConnectionAsync);
    }

    private static ConnectionDelegate Guard(ConnectionDelegate next, IServiceProvider host) =>
        ActivatorUtilities.CreateInstance<FrameGuard>(host, next).OnConnectionAsync;

    private static MinDataRate? RateOf(double? bytesPerSecond) =>
        bytesPerSecond is { } rate ? new MinDataRate(rate, DataRateGracePeriod) : null;
}
