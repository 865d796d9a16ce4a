using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Http.Listeners;
using Gateway.Listeners;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Tls;

namespace Gateway.Snapshots;

/// <summary>Turns a good configuration into the snapshot that is swapped in as one.</summary>
internal static class SnapshotBuilder
{
    /// <summary>The Toa sections of the listeners that have one.</summary>
    public static IReadOnlyDictionary<string, ToaConfig> ToaOf(GatewayConfig config) =>
        config.Listeners.Where(listener => listener.Value.Toa is not null)
            .ToDictionary(listener => listener.Key, listener => listener.Value.Toa!, StringComparer.OrdinalIgnoreCase);

    /// <summary>What a configuration says of TLS on the TCP side.</summary>
    public static TlsSections TlsOf(GatewayConfig config) => new()
    {
        ClientHellos = config.Listeners.Where(listener => listener.Value.ClientHello is not null)
            .ToDictionary(listener => listener.Key, listener => listener.Value.ClientHello!, StringComparer.OrdinalIgnoreCase),
    };

    /// <summary>Builds all of it. What can fail fails here, and not when it is swapped in.</summary>
    /// <param name="result">A good configuration.</param>
    /// <param name="before">The TCP model in force, whose state goes on; null: there is none.</param>
    public static GatewaySnapshot Build(ConfigResult result, TcpModel? before = null)
    {
        var config = result.Config ?? throw new ArgumentException("The configuration has errors.", nameof(result));
        var listeners = ListenerPlan.From(config);
        var tcp = TcpModelBuilder.Build(
            config.Listeners.Where(listener => listener.Value.IsTcp)
                .ToDictionary(listener => listener.Key, listener => listener.Value.ProxyProtocol),
            config.TcpProxy, config.Networks, ToaOf(config), TlsOf(config), before);
        return new GatewaySnapshot
        {
            Config = config,
            Listeners = listeners,
            Tcp = tcp,
            Dnat = DnatModel.From(
                tcp,
                listeners.Where(plan => plan.IsTcp)
                    .Select(plan => new DnatListener(plan.Name, plan.Address.EndPoint, plan.Address.IsBothFamilies))),
            Http = HttpListenerModelBuilder.Build(config),
            Logging = result.Flat,
        };
    }
}
