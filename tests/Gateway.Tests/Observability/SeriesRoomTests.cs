using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Observability;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging.Testing;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Tests.Observability;

public sealed class SeriesRoomTests : IDisposable
{
    private readonly FakeLogger<SeriesRoom> _logger = new();
    private readonly Meter _meter = new("test");

    public void Dispose() => _meter.Dispose();

    /// <summary>What the room is reckoned by must not be less than what there is.</summary>
    [Fact]
    public void Reasons_AreAtLeastAsManyAsThereAre() =>
        Assert.True(
            SeriesRoom.Reasons >= CloseReasons.In(ReasonSeries.Closed).Count
                && SeriesRoom.Reasons >= CloseReasons.In(ReasonSeries.RejectedTcp | ReasonSeries.RejectedHttp | ReasonSeries.RejectedOwn).Count);

    [Theory]
    [InlineData("gateway.tcp.connection.closed", 3000 * 2 * 32)]
    [InlineData("gateway.tcp.connection.opened", 3000 * 2)]
    [InlineData("gateway.tcp.received", 3000)]
    [InlineData("gateway.destination.connect.duration", 3000 * 10)]
    [InlineData("gateway.cluster.waiting", 3000)]
    [InlineData("gateway.http.requests", 3000 * 10)]
    [InlineData("http.server.request.duration", 3000 * 10)]
    [InlineData("aspnetcore.routing.match_attempts", 3000 * 2)]
    [InlineData("http.client.request.duration", 3000 * 10)]
    public void View_ThousandsOfRoutes_HasRoomForAllLabelSets(string instrument, int needed)
    {
        var room = new SeriesRoom(Config(3000), _logger);

        var view = room.View(_meter.CreateCounter<long>(instrument));

        Assert.True(view?.CardinalityLimit >= needed, $"{view?.CardinalityLimit}");
    }

    [Fact]
    public void View_InstrumentOfTheRuntime_IsLeftAlone() =>
        Assert.Null(new SeriesRoom(Config(3000), _logger).View(_meter.CreateCounter<long>("dotnet.gc.collections")));

    [Fact]
    public void StartAtZero_NamesThatComeAndGo_AreWarnedAboutOnceAllOfThemAreTooMany()
    {
        var room = new SeriesRoom(Config(10), _logger);
        for (var round = 0; round < 40; round++)
        {
            room.StartAtZero(Config(10, $"of-round-{round}-"));
        }

        Assert.Equal(1, _logger.Collector.Count);
        Assert.Contains("otel_metric_overflow", _logger.LatestRecord.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void StartAtZero_SameNamesAgainAndAgain_NeedNoMore()
    {
        var room = new SeriesRoom(Config(200), _logger);
        for (var round = 0; round < 100; round++)
        {
            room.StartAtZero(Config(200));
        }

        Assert.Equal(0, _logger.Collector.Count);
    }

    private static GatewayConfig Config(int routes, string prefix = "")
    {
        var names = Enumerable.Range(0, routes).Select(number => $"{prefix}r{number}").ToList();
        return new GatewayConfig
        {
            Listeners = new Dictionary<string, ListenerConfig>
            {
                ["in"] = new() { Protocol = ListenerProtocol.Tcp },
                ["web"] = new() { Protocol = ListenerProtocol.Http },
            },
            TcpProxy = new TcpProxyConfig
            {
                Routes = names.ToDictionary(static name => name, static name => new TcpRouteConfig { Listener = "in", ClusterId = name }),
                Clusters = names.ToDictionary(
                    static name => name,
                    static _ => new TcpClusterConfig
                    {
                        Destinations = new Dictionary<string, TcpDestinationConfig> { ["d"] = new() { Address = "127.0.0.1:9" } },
                    }),
            },
            ReverseProxy = new ReverseProxyConfig
            {
                Routes = [.. names.Select(static name => new RouteConfig { RouteId = name, ClusterId = name })],
                Clusters = [.. names.Select(static name => new ClusterConfig
                {
                    ClusterId = name,
                    Destinations = new Dictionary<string, DestinationConfig> { ["d"] = new() { Address = "http://127.0.0.1:9/" } },
                })],
            },
        };
    }
}
