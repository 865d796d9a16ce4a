using Gateway.Configuration;
using Gateway.Http.Forwarded;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Networks;
using Gateway.Tcp.Tls;

namespace Gateway.Http.Listeners;

/// <summary>Turns a validated configuration into the models of its HTTP listeners, Probes and Admin included.</summary>
internal static class HttpListenerModelBuilder
{
    /// <summary>Builds the models.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="tls">The TLS settings of listeners, by name; null: no listener ends TLS.</param>
    public static IReadOnlyList<HttpListenerModel> Build(GatewayConfig config, IReadOnlyDictionary<string, IServerTls>? tls = null)
    {
        var reserved = config.Listeners.Values.SelectMany(static listener => listener.TlvHeaders.Values)
            .Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var models = config.Listeners.Where(static listener => listener.Value.IsHttp)
            .Select(listener => Traffic(listener.Key, listener.Value, reserved, config, tls?.GetValueOrDefault(listener.Key))).ToList();
        if (config.Probes is { } probes)
        {
            models.Add(new HttpListenerModel
            {
                Name = "Probes",
                Kind = ListenerKind.Probes,
                ProxyProtocol = ProxyProtocolPolicy.From(probes.ProxyProtocol, config.Networks),
            });
        }
        if (config.Admin is not null)
        {
            models.Add(new HttpListenerModel { Name = "Admin", Kind = ListenerKind.Admin });
        }
        return models;
    }

    private static HttpListenerModel Traffic(
        string name,
        ListenerConfig listener,
        List<string> reserved,
        GatewayConfig config,
        IServerTls? tls) => new()
        {
            Name = name,
            Tls = tls,
            ClientHello = tls is null ? null : ClientHelloPolicy.From(null, tls.HandshakeTimeout),
            ProxyProtocol = ProxyProtocolPolicy.From(listener.ProxyProtocol, config.Networks),
            Toa = ToaPolicy.From(listener.Toa, config.Networks),
            ForwardedHeaders = Resolve(listener.ForwardedHeaders, config),
            HeaderLimits = HeaderLimits.Of(listener.HttpLimits),
            ResponseStallTimeout = listener.HttpLimits.ResponseStallTimeout,
            KeepAliveTimeout = listener.HttpLimits.KeepAliveTimeout,
            TlvHeaders = reserved.Count == 0 ? null : new TlvHeaders(listener.TlvHeaders, reserved),
        };

    private static ForwardedHeadersModel Resolve(ForwardedHeadersConfig? section, GatewayConfig config) => section is null
        ? ForwardedHeadersModel.None
        : new ForwardedHeadersModel
        {
            TrustedProxies = NetworkList.Resolve(section.TrustedProxies ?? [], config.Networks),
            TrustedHops = section.TrustedHops ?? 0,
            Untrusted = section.Untrusted,
            Drop = section.Drop.Count > 0 ? new NameSet(KnownHeaders.Expand(section.Drop)) : null,
            TrustedHeaders = new NameSet(TrustedHeaderNames.Expand(section.TrustedHeaders)),
            EnvoyExternalAddress = section.EnvoyExternalAddress,
        };
}
