using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Tls;
using Gateway.Tests.Tcp.Pipeline;

namespace Gateway.Tests.Tcp.Clusters;

/// <summary>What a check sends first follows from the routes of its cluster.</summary>
public sealed class ProbeModelTests
{
    [Theory]
    [InlineData(TcpHealthCheckKind.Exchange, TcpHealthCheckHeader.Auto, "ProxyProtocol:V2", "V2")]
    [InlineData(TcpHealthCheckKind.Exchange, TcpHealthCheckHeader.Auto, "ProxyProtocol:V1", "V1")]
    [InlineData(TcpHealthCheckKind.Http, TcpHealthCheckHeader.Auto, "ProxyProtocol:V1 ProxyProtocol:V2", "V2")]
    [InlineData(TcpHealthCheckKind.Http, TcpHealthCheckHeader.Auto, "ProxyProtocol:V2 ProxyProtocol:V1", "V2")]
    [InlineData(TcpHealthCheckKind.Tls, TcpHealthCheckHeader.Auto, "Transparent:V2", null)]
    [InlineData(TcpHealthCheckKind.Exchange, TcpHealthCheckHeader.Auto, "", null)]
    [InlineData(TcpHealthCheckKind.Exchange, TcpHealthCheckHeader.None, "ProxyProtocol:V2", null)]
    [InlineData(TcpHealthCheckKind.Exchange, TcpHealthCheckHeader.V1, "ProxyProtocol:V2", "V1")]
    [InlineData(TcpHealthCheckKind.Exchange, TcpHealthCheckHeader.V2, "None:V1", "V2")]
    [InlineData(TcpHealthCheckKind.Connect, TcpHealthCheckHeader.Auto, "ProxyProtocol:V2", null)]
    [InlineData(TcpHealthCheckKind.Connect, TcpHealthCheckHeader.V2, "None:V1", "V2")]
    public void Build_RoutesOfTheCluster_GiveTheHeader(
        TcpHealthCheckKind kind, TcpHealthCheckHeader header, string routes, string? expected)
    {
        var probe = Build(new() { Kind = kind, Expect = "x", ProxyProtocol = header }, routes);

        Assert.Equal(expected, probe.Header?.ToString());
        Assert.Equal(kind == TcpHealthCheckKind.Connect && expected is null, probe.IsKnock);
    }

    [Theory]
    [InlineData(TcpHealthCheckKind.Exchange, true, true)]
    [InlineData(TcpHealthCheckKind.Http, true, true)]
    [InlineData(TcpHealthCheckKind.Exchange, false, false)]
    [InlineData(TcpHealthCheckKind.Tls, true, true)]
    [InlineData(TcpHealthCheckKind.Tls, false, true)]
    [InlineData(TcpHealthCheckKind.Connect, true, false)]
    public void Build_RouteBeginsTlsByPostgreSqlsRequest_ACheckThatBeginsTlsDoesToo(TcpHealthCheckKind kind, bool hasTls, bool asks)
    {
        var tls = new TlsSections
        {
            ClientHellos = new Dictionary<string, ClientHelloConfig> { ["in"] = new() { StartTls = StartTlsProtocol.PostgreSql } },
            Clients = hasTls ? new Dictionary<string, IClientTls> { ["c"] = new NoTls() } : [],
        };

        Assert.Equal(asks, Build(new() { Kind = kind, Expect = "x" }, "None:V1", tls).AsksForTls);
    }

    [Fact]
    public void From_SettingsOfOtherKinds_AreLeftOut()
    {
        var config = new TcpActiveHealthCheckConfig { Send = "a", Expect = "b", Path = "/x", Host = "h", Statuses = ["204"], Port = 9 };

        Assert.Equal(new ProbeModel { Port = 9 }, ProbeModel.From(config, default));
        Assert.Equal(
            ProbeModel.From(config with { Kind = TcpHealthCheckKind.Http, Send = null }, default),
            ProbeModel.From(config with { Kind = TcpHealthCheckKind.Http }, default));
        Assert.NotEqual(
            ProbeModel.From(config with { Kind = TcpHealthCheckKind.Exchange, Send = null }, default),
            ProbeModel.From(config with { Kind = TcpHealthCheckKind.Exchange }, default));
    }

    private static ProbeModel Build(TcpActiveHealthCheckConfig active, string routes, TlsSections? tls = null)
    {
        var modes = routes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static text => text.Split(':')).Select((parts, index) =>
            KeyValuePair.Create(
                $"r{index}",
                new TcpRouteConfig
                {
                    Listener = "in",
                    ClusterId = "C",
                    SourceIp = new() { Mode = Enum.Parse<SourceIpMode>(parts[0]), Version = Enum.Parse<ProxyProtocolVersion>(parts[1]) },
                }));
        var model = TcpModelBuilder.Build(
            new Dictionary<string, ProxyProtocolConfig?> { ["in"] = null },
            new TcpProxyConfig
            {
                Routes = modes.ToDictionary(),
                Clusters = new Dictionary<string, TcpClusterConfig>
                {
                    ["c"] = TestPlane.Cluster("192.0.2.1:1") with { HealthCheck = new() { Active = active } },
                },
            },
            new Dictionary<string, IReadOnlyList<string>>(),
            tls: tls);
        return model.Clusters["c"].HealthCheck!.Probe;
    }

    private sealed class NoTls : IClientTls
    {
        public System.Net.Security.SslClientAuthenticationOptions OptionsFor(string host) => new();
    }
}
