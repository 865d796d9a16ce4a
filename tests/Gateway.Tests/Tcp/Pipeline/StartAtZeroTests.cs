using System.Diagnostics.Metrics;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Health;
using Gateway.Tcp.Pipeline;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Tcp.Pipeline;

public sealed class StartAtZeroTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(3, "client_fin", true)]
    [InlineData(3, "source_ip", true)]
    [InlineData(600, "client_fin", false)]
    [InlineData(600, "source_ip", true)]
    [InlineData(600, "backend_connect_timeout", true)]
    public void StartAtZero_ManyRoutes_OnlyFailuresAreThere(int routes, string reason, bool isThere)
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        var metrics = new TcpMetrics(factory);
        using var closed = new MetricCollector<long>(factory, TcpMeter.Name, "gateway.tcp.connection.closed");

        metrics.StartAtZero(Model(routes, SourceIpMode.None));

        var series = closed.GetMeasurementSnapshot().Count(measurement => measurement.Value == 0 && (string?)measurement.Tags["reason"] == reason);
        Assert.Equal(isThere ? 2 * routes : 0, series);
    }

    [Theory]
    [InlineData(SourceIpMode.Transparent, "gateway.transparent.connect")]
    [InlineData(SourceIpMode.Toa, "gateway.toa.connect")]
    public void StartAtZero_ModeThatCanFail_HasItsErrors(SourceIpMode mode, string instrument)
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        var metrics = new TcpMetrics(factory);
        using var attempts = new MetricCollector<long>(factory, TcpMeter.Name, instrument);

        metrics.StartAtZero(Model(1, mode));

        var errors = attempts.GetMeasurementSnapshot().Select(measurement => measurement.Tags.GetValueOrDefault("error.type")).ToList();
        Assert.Contains("bind", errors);
        Assert.Contains("source_unusable", errors);
        Assert.Contains(null, errors);
    }

    [Fact]
    public void StartAtZero_RouteThatSendsAHeader_CountsTlvsThatAreLeftOut()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        var metrics = new TcpMetrics(factory);
        using var leftOut = new MetricCollector<long>(factory, TcpMeter.Name, "gateway.proxy_protocol.tlvs_left_out");

        metrics.StartAtZero(Model(1, SourceIpMode.ProxyProtocol));

        var series = Assert.Single(leftOut.GetMeasurementSnapshot());
        Assert.Equal(0, series.Value);
        Assert.Equal("c", series.Tags["cluster"]);
    }

    [Fact]
    public void StartAtZero_ListenerWithoutAPolicy_CountsHeadersThatPass()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        var metrics = new TcpMetrics(factory);
        using var passed = new MetricCollector<long>(factory, TcpMeter.Name, "gateway.proxy_protocol.passed");

        metrics.StartAtZero(Model(1, SourceIpMode.None));

        var series = passed.GetMeasurementSnapshot();
        Assert.All(series, static measurement => Assert.Equal(0, measurement.Value));
        Assert.Equal(["v1", "v2"], series.Select(static measurement => measurement.Tags["version"]));
    }

    [Fact]
    public void Follow_ClusterThatNobodyChecks_CountsEjectionsFromTheStart()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        var passive = new PassiveHealth(factory, NullLoggerFactory.Instance, TimeProvider.System);
        using var ejections = new MetricCollector<long>(factory, TcpMeter.Name, "gateway.destination.ejections");

        passive.Follow(Model(1, SourceIpMode.None));

        var series = Assert.Single(ejections.GetMeasurementSnapshot());
        Assert.Equal(0, series.Value);
        Assert.Equal(("c", "d0"), (series.Tags["cluster"], series.Tags["destination"]));
    }

    private static TcpModel Model(int routes, SourceIpMode mode) => TcpModelBuilder.Build(
        new Dictionary<string, ProxyProtocolConfig?> { ["in"] = null },
        new TcpProxyConfig
        {
            Routes = Enumerable.Range(0, routes).ToDictionary(
                static number => $"r{number}",
                number => new TcpRouteConfig { Listener = "in", ClusterId = "c", Order = number, SourceIp = new SourceIpConfig { Mode = mode } }),
            Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = TestPlane.Cluster("127.0.0.1:9") },
        },
        new Dictionary<string, IReadOnlyList<string>>());
}
