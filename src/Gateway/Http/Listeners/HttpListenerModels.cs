using System.Collections.Concurrent;
using Gateway.Configuration;
using Gateway.Http.Forwarded;
using Gateway.Http.Requests;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Networks;

namespace Gateway.Http.Listeners;

/// <summary>The current models of all HTTP listeners, updated from each configuration that takes effect.</summary>
internal sealed class HttpListenerModels
{
    private readonly ConcurrentDictionary<(ListenerKind Kind, string Name), HttpListenerState> _states = new();

    /// <summary>The state of a listener, which a server can be set up with before its configuration takes effect.</summary>
    /// <param name="name">The listener's name.</param>
    /// <param name="kind">What it is for; there is one Probes and one Admin, whatever their names.</param>
    public HttpListenerState For(string name, ListenerKind kind) =>
        _states.GetOrAdd(KeyOf(kind, name), _ => new HttpListenerState(new HttpListenerModel { Name = name, Kind = kind }));

    /// <summary>Puts a validated configuration in force for new connections. Those that are open keep what they started with.</summary>
    public void Update(GatewayConfig config)
    {
        var wanted = new Dictionary<(ListenerKind, string), HttpListenerModel>();
        var reserved = config.Listeners.Values.SelectMany(static listener => listener.TlvHeaders.Values).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        foreach (var (name, listener) in config.Listeners)
        {
            if (listener.Protocol == ListenerProtocol.Http)
            {
                wanted[KeyOf(ListenerKind.Traffic, name)] = new HttpListenerModel
                {
                    Name = name,
                    ProxyProtocol = ProxyProtocolPolicy.From(listener.ProxyProtocol, config.Networks),
                    Toa = ToaPolicy.From(listener.Toa, config.Networks),
                    ForwardedHeaders = Resolve(listener.ForwardedHeaders, config),
                    HeaderLimits = HeaderLimits.Of(listener.HttpLimits),
                    ResponseStallTimeout = listener.HttpLimits.ResponseStallTimeout,
                    TlvHeaders = reserved.Count == 0 ? null : new TlvHeaders(listener.TlvHeaders, reserved),
                };
            }
        }
        if (config.Probes is { } probes)
        {
            wanted[KeyOf(ListenerKind.Probes, string.Empty)] = new HttpListenerModel
            {
                Name = "Probes",
                Kind = ListenerKind.Probes,
                ProxyProtocol = ProxyProtocolPolicy.From(probes.ProxyProtocol, config.Networks),
            };
        }
        if (config.Admin is not null)
        {
            wanted[KeyOf(ListenerKind.Admin, string.Empty)] = new HttpListenerModel { Name = "Admin", Kind = ListenerKind.Admin };
        }
        foreach (var (key, model) in wanted)
        {
            _states.GetOrAdd(key, _ => new HttpListenerState(model)).Update(model);
        }
        foreach (var gone in _states.Keys.Where(key => !wanted.ContainsKey(key)))
        {
            _states.TryRemove(gone, out _);
        }
    }

    private static (ListenerKind, string) KeyOf(ListenerKind kind, string name) =>
        (kind, kind == ListenerKind.Traffic ? name.ToUpperInvariant() : string.Empty);

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
