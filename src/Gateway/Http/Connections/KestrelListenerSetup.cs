using System.Net;
using Gateway.Configuration;
using Gateway.Http.Listeners;
using Gateway.Http.Messages;
using Gateway.Http.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Http.Connections;

/// <summary>Configures a Kestrel server to serve one HTTP listener.</summary>
internal static class KestrelListenerSetup
{
    /// <summary>How long a transfer may be slower than the minimum data rate at its start. The value is Kestrel's default.</summary>
    private static readonly TimeSpan DataRateGracePeriod = TimeSpan.FromSeconds(5);

    /// <summary>The initial window of HTTP/2 (RFC 9113, section 6.9.2). Kestrel accepts no smaller value.</summary>
    private const int LeastStreamWindow = 65_535;

    /// <summary>Makes <paramref name="kestrel"/> listen on <paramref name="endPoint"/>.</summary>
    /// <param name="kestrel">The options of a server that serves this listener alone.</param>
    /// <param name="endPoint">The address and port.</param>
    /// <param name="listener">The listener's name, kind and policies. They are read again for each connection.</param>
    /// <param name="version">The HTTP version; null: the listener ends TLS, and ALPN chooses the version for each connection.</param>
    /// <param name="limits">The server's limits.</param>
    /// <param name="host">The host's services, which <see cref="HttpGatewayExtensions.AddHttpGateway"/> filled.</param>
    /// <param name="engine">Accepts the listener's connections on an engine; null: .NET's sockets do.</param>
    public static void Configure(
        KestrelServerOptions kestrel,
        IPEndPoint endPoint,
        HttpListenerState listener,
        ListenerHttpVersion? version,
        HttpLimitsConfig limits,
        IServiceProvider host,
        EngineListener? engine = null)
    {
        kestrel.AddServerHeader = false;
        HeaderBytes.Keep(kestrel);
        // RFC 9112, 3.2.2: the host of an absolute target counts, and the Host header is ignored.
        kestrel.AllowHostHeaderOverride = true;
        // A proxy that has ended TLS sends the scheme https over cleartext HTTP/2. RequestRules decides whether the sender is trusted.
        kestrel.AllowAlternateSchemes = true;
        HeaderLimits.Of(limits).Set(kestrel, version);
        // By default there is no limit on the size or rate of a body, because the backend decides these.
        kestrel.Limits.MaxRequestBodySize = limits.MaxRequestBodyBytes;
        kestrel.Limits.MinRequestBodyDataRate = RateOf(limits.MinRequestBodyBytesPerSecond);
        kestrel.Limits.MinResponseDataRate = RateOf(limits.MinResponseBytesPerSecond);
        kestrel.Limits.KeepAliveTimeout = limits.KeepAliveTimeout;
        kestrel.Limits.RequestHeadersTimeout = limits.RequestHeadersTimeout;
        // The window of the connection stays at Kestrel's default, 1 MiB, so that uploads that a backend does not take leave room for the
        // other streams. Envoy recommends the same two windows at the edge.
        kestrel.Limits.Http2.InitialStreamWindowSize = Math.Max(LeastStreamWindow, limits.RequestBufferBytes);
        kestrel.Limits.Http2.InitialConnectionWindowSize = Math.Max(
            kestrel.Limits.Http2.InitialConnectionWindowSize,
            limits.RequestBufferBytes);
        kestrel.Limits.Http2.MaxStreamsPerConnection = limits.MaxStreamsPerConnection;
        kestrel.Listen(endPoint, listen =>
        {
            if (engine is not null)
            {
                listen.Use(next => carrier => engine.RunAsync(carrier, next));
            }

            Use(listen, listener, host);
            if (limits.MaxConnectionDuration is { } most)
            {
                var time = host.GetRequiredService<HttpConnectionServices>().Time;
                var jitter = limits.MaxConnectionDurationJitter;
                listen.Use(next => new ConnectionDuration(next, most, jitter, time, Random.Shared).OnConnectionAsync);
            }

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
                    // Protocols is not set. Its default is both versions, but the server treats an explicit "both" without its own TLS as a
                    // mistake.
                    listen.Use(next =>
                        ActivatorUtilities.CreateInstance<TlsMiddleware>(host, next, Guard(next, host)).OnConnectionAsync);
                    break;
            }
        });
    }

    /// <summary>
    /// Adds the gateway's middleware, which runs before HTTP on each connection: limit, listener feature, PROXY header, identity.
    /// </summary>
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
