using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Listeners;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Routing;

namespace Gateway.Snapshots;

/// <summary>Turns a good configuration into the snapshot that is swapped in as one.</summary>
internal static class SnapshotBuilder
{
    /// <summary>The Toa sections of the listeners that have one.</summary>
    public static IReadOnlyDictionary<string, ToaConfig> ToaOf(GatewayConfig config) =>
        config.Listeners.Where(listener => listener.Value.Toa is not null)
            .ToDictionary(listener => listener.Key, listener => listener.Value.Toa!, StringComparer.OrdinalIgnoreCase);

    public static GatewaySnapshot Build(ConfigResult result)
    {
        var config = result.Config ?? throw new ArgumentException("The configuration has errors.", nameof(result));
        var listeners = ListenerPlan.From(config);
        var tcp = TcpModelBuilder.Build(
            config.Listeners.Where(listener => listener.Value.Protocol == ListenerProtocol.Tcp)
                .ToDictionary(listener => listener.Key, listener => listener.Value.ProxyProtocol),
            config.TcpProxy, config.Networks, ToaOf(config));
        return new GatewaySnapshot
        {
            Config = config,
            Listeners = listeners,
            Tcp = tcp,
            Forwards = ForwardModel.From(
                tcp,
                listeners.Where(plan => plan.Protocol == ListenerProtocol.Tcp)
                    .Select(plan => new ForwardListener(plan.Name, plan.Address.EndPoint, plan.Address.IsBothFamilies))),
            Logging = result.Flat,
        };
    }
}
