using System.Net;
using Gateway.Configuration;
using Gateway.Http;
using Gateway.Http.Backends.Clients;
using Gateway.Http.Listeners;
using Gateway.Http.Requests;
using Gateway.Kubernetes.Endpoints;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Tests.Http;

public class HttpGatewayServicesTests
{
    [Fact]
    public void AddHttpGateway_DataProtection_IsInMemoryAndReadsNoKeysAtStart()
    {
        var services = new ServiceCollection().AddLogging().AddMetrics().AddHttpGateway();
        Assert.DoesNotContain(services, service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Name == "DataProtectionHostedService");
        using var provider = services.BuildServiceProvider();
        Assert.IsType<LateDataProtection>(provider.GetRequiredService<IDataProtectionProvider>());
        Assert.IsType<ClientInvokerFactory>(provider.GetRequiredService<IForwarderHttpClientFactory>());
    }

    [Fact]
    public async Task IdleTimeout_NoKey_IsThatOfTcpAndAKeyStands()
    {
        var filter = new IdleTimeoutFilter();
        var bare = await filter.ConfigureClusterAsync(new ClusterConfig { ClusterId = "a" }, CancellationToken.None);
        var version = await filter.ConfigureClusterAsync(
            new ClusterConfig { ClusterId = "a", HttpRequest = new ForwarderRequestConfig { Version = HttpVersion.Version20 } }, CancellationToken.None);
        var keyed = await filter.ConfigureClusterAsync(
            new ClusterConfig { ClusterId = "a", HttpRequest = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromSeconds(7) } }, CancellationToken.None);
        Assert.Equal(TimeSpan.FromHours(1), bare.HttpRequest!.ActivityTimeout);
        Assert.Equal(TimeSpan.FromHours(1), version.HttpRequest!.ActivityTimeout);
        Assert.Equal(HttpVersion.Version20, version.HttpRequest.Version);
        Assert.Equal(TimeSpan.FromSeconds(7), keyed.HttpRequest!.ActivityTimeout);
    }

    [Fact]
    public void SnapshotProvider_Update_SwapsBothAndSignalsTheOldOnceDone()
    {
        var provider = new SnapshotProxyConfigProvider(new ServiceRegistry(TimeProvider.System));
        var before = provider.GetConfig();
        IProxyConfig? seen = null;
        using var registration = before.ChangeToken.RegisterChangeCallback(_ => seen = provider.GetConfig(), null);
        provider.Update([new RouteConfig { RouteId = "r" }], [new ClusterConfig { ClusterId = "c" }]);
        Assert.Empty(before.Routes);
        Assert.Equal("r", Assert.Single(seen!.Routes).RouteId);
        Assert.Equal("c", Assert.Single(seen.Clusters).ClusterId);
        Assert.False(seen.ChangeToken.HasChanged);
    }

    [Fact]
    public void ListenerStates_Update_ReachesStatesThatServersHold()
    {
        var states = new HttpListenerStates(new ListenerAdmissions(TimeProvider.System));
        var web = states.For("web", ListenerKind.Traffic);
        var probes = states.For(":probes", ListenerKind.Probes);
        Assert.Null(web.Current.Http!.ProxyProtocol);
        states.Update(HttpListenerModelBuilder.Build(new GatewayConfig
        {
            Networks = new Dictionary<string, IReadOnlyList<string>> { ["clb"] = ["10.0.0.0/8", "192.168.0.0/16"] },
            Listeners = new Dictionary<string, ListenerConfig>
            {
                ["WEB"] = new()
                {
                    Protocol = ListenerProtocol.Http,
                    ProxyProtocol = new ProxyProtocolConfig { TrustedProxies = ["clb"] },
                    ForwardedHeaders = new ForwardedHeadersConfig { TrustedProxies = ["clb", "192.0.2.0/24"] },
                },
                ["redis"] = new() { Protocol = ListenerProtocol.Tcp },
            },
            Probes = new ProbesConfig { ProxyProtocol = new ProxyProtocolConfig { TrustedProxies = ["clb"] } },
        }));
        Assert.Same(web, states.For("web", ListenerKind.Traffic));
        Assert.Equal(PeerClass.Trusted, web.Current.Http!.ProxyProtocol!.Classify(IPAddress.Parse("192.168.1.1")));
        Assert.Equal(["10.0.0.0/8", "192.168.0.0/16", "192.0.2.0/24"], web.Current.Http.ForwardedHeaders.TrustedProxies.Select(network => network.ToString()));
        Assert.Equal(ListenerKind.Probes, probes.Current.Kind);
        Assert.NotNull(probes.Current.Http!.ProxyProtocol);

        var none = HttpListenerModelBuilder.Build(new GatewayConfig());
        states.Update(none);
        Assert.Same(web, states.For("web", ListenerKind.Traffic));
        states.Keep(none);
        Assert.NotSame(web, states.For("web", ListenerKind.Traffic));
    }
}
