using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Http.Listeners;
using Gateway.Kubernetes.Endpoints;
using Gateway.Listeners;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Routing;
using Gateway.Tls;

namespace Gateway.Snapshots;

/// <summary>Builds a snapshot from a valid configuration.</summary>
internal static class SnapshotBuilder
{
    /// <summary>The Toa sections of the listeners that have one.</summary>
    public static IReadOnlyDictionary<string, ToaConfig> ToaOf(GatewayConfig config) =>
        config.Listeners.Where(listener => listener.Value.Toa is not null)
            .ToDictionary(listener => listener.Key, listener => listener.Value.Toa!, StringComparer.OrdinalIgnoreCase);

    /// <summary>The access rules and limits of every listener; null for a listener without any.</summary>
    public static IReadOnlyDictionary<string, AdmissionRules?> AdmissionsOf(GatewayConfig config) => config.Listeners.ToDictionary(
        static listener => listener.Key,
        listener => AdmissionRules.From(listener.Value.Access, listener.Value.Limits, config.Networks),
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Builds the whole snapshot. An error occurs here, and not while the snapshot comes into force.</summary>
    /// <param name="result">A valid configuration.</param>
    /// <param name="before">The TCP model in force, whose state the new model takes over; null: there is none.</param>
    /// <param name="certificates">The certificate store of the process; null: the snapshot is not going to run.</param>
    /// <param name="services">The Services of Kubernetes that the process follows; null: the snapshot is not going to run.</param>
    public static GatewaySnapshot Build(
        ConfigResult result, TcpModel? before = null, CertificateStore? certificates = null, ServiceRegistry? services = null)
    {
        var config = result.Config ?? throw new ArgumentException("The configuration has errors.", nameof(result));
        var listeners = ListenerPlan.From(config);
        var tls = TlsModelBuilder.Build(config, certificates ?? new CertificateStore(TimeProvider.System));
        var tcp = TcpModelBuilder.Build(
            config.Listeners.Where(listener => listener.Value.IsTcp)
                .ToDictionary(listener => listener.Key, listener => listener.Value.ProxyProtocol),
            config.TcpProxy, config.Networks, ToaOf(config), tls.Sections, before,
            (services ?? new ServiceRegistry(TimeProvider.System)).Find);
        return new GatewaySnapshot
        {
            Config = config,
            Listeners = listeners,
            Tcp = tcp,
            Dnat = DnatModel.From(
                tcp,
                listeners.Where(plan => plan.IsTcp)
                    .Select(plan => new DnatListener(plan.Name, plan.Address.EndPoint, plan.Address.IsBothFamilies))),
            Tls = tls,
            Services = ServiceRegistry.NamedBy(config),
            Admissions = AdmissionsOf(config),
            Http = HttpListenerModelBuilder.Build(config, tls.Sections.Servers),
            AccessLog = AccessLogBuilder.Build(config),
            Origins = result.Origins,
            Logging = result.Flat,
        };
    }
}
