using System.Net;
using Gateway.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Gateway.FunctionalTests.Http;

/// <summary>What is held against a destination, and what is not.</summary>
public sealed class PassiveHealthTests : IAsyncLifetime
{
    private readonly SemaphoreSlim _reached = new(0);
    private HttpBackend _backend = null!;

    public async ValueTask InitializeAsync() => _backend = await HttpBackend.StartAsync();

    public ValueTask DisposeAsync()
    {
        _reached.Dispose();
        return _backend.DisposeAsync();
    }

    [Theory]
    [InlineData("odd header")]
    [InlineData("unwanted upload")]
    [InlineData("broken upload")]
    [InlineData("aborted request")]
    public async Task ManyFailuresThatAClientCaused_TransportFailureRate_TheDestinationStays(string kind)
    {
        await using var backend = RecordingTcpServer.Start(ServeAsync);
        await using var gateway = await HttpTestGateway.StartAsync(WithRate($"http://127.0.0.1:{backend.Port}/"));

        for (var i = 0; i < 14; i++)
        {
            using var client = await TcpPeer.ConnectAsync(gateway["web"]);
            switch (kind)
            {
                case "odd header":
                    // Whatever the client cannot be made to send: a letter that is no Latin one, in UTF-8.
                    await client.SendAsync("GET /odd HTTP/1.1\r\nHost: x\r\nX-Odd: \u00e2\u0082\u00ac\r\nConnection: close\r\n\r\n");
                    await client.WaitForEndAsync();
                    break;
                case "unwanted upload":
                    await client.SendAsync("POST /reset HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n");
                    await TrySendAsync(client, new byte[5_000_000]);
                    break;
                case "broken upload":
                    await client.SendAsync("POST /broken HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc");
                    await _reached.WaitAsync(Limits.Wait);
                    client.Reset();
                    break;
                default:
                    await client.SendAsync("GET /silent HTTP/1.1\r\nHost: x\r\n\r\n");
                    await _reached.WaitAsync(Limits.Wait);
                    client.Reset();
                    break;
            }
        }

        await Eventually.TrueAsync(
            () => gateway.Logs.GetSnapshot().Count(record => record.Category == "Gateway.Access" && record.Message.Contains("route=all", StringComparison.Ordinal)) == 14,
            "all of them are told", Limits.Wait);
        Assert.NotEqual(DestinationHealth.Unhealthy, HealthOf(gateway, "one"));
        using var good = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };
        Assert.Equal("ok", await good.GetStringAsync("/good"));
    }

    [Fact]
    public async Task DestinationClosesBehindWholeRequests_TransportFailureRate_IsLeftOut()
    {
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            await peer.WaitForFirstByteAsync();
            peer.Reset();
        });
        await using var gateway = await HttpTestGateway.StartAsync(WithRate($"http://127.0.0.1:{backend.Port}/"));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        for (var i = 0; i < 14; i++)
        {
            Assert.True((await client.GetAsync("/")).StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable);
        }

        Assert.Equal(DestinationHealth.Unhealthy, HealthOf(gateway, "one"));
    }

    [Fact]
    public async Task DeadDestinationOfTwo_ByDefault_IsLeftOutAndNamed()
    {
        await using var gateway = await HttpTestGateway.StartAsync(Two(_backend.Http1, "http://127.0.0.1:1/"));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        var failed = 0;
        for (var i = 0; i < 30; i++)
        {
            failed += (await client.GetAsync("/")).IsSuccessStatusCode ? 0 : 1;
        }

        Assert.Equal(0, failed);
        var warning = Assert.Single(gateway.Logs.GetSnapshot(), record => record.Category == "Gateway.Health");
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("destination two fail (refused, 2 in a row, to:127.0.0.1:1,ConnectionRefused,attempts:1)", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryDestinationDead_AllAreTried()
    {
        await using var gateway = await HttpTestGateway.StartAsync(Two("http://127.0.0.1:1/", "http://127.0.0.1:1/"));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        for (var i = 0; i < 12; i++)
        {
            Assert.Equal(HttpStatusCode.BadGateway, (await client.GetAsync("/")).StatusCode);
        }

        Assert.Equal((DestinationHealth.Unhealthy, DestinationHealth.Unhealthy), (HealthOf(gateway, "one"), HealthOf(gateway, "two")));
    }

    [Fact]
    public async Task SwitchedOffInTheFile_NobodyIsLeftOut()
    {
        var off = new HealthCheckConfig { Passive = new PassiveHealthCheckConfig { Enabled = false } };
        await using var gateway = await HttpTestGateway.StartAsync(Two(_backend.Http1, "http://127.0.0.1:1/", off));
        using var client = new HttpClient { BaseAddress = new Uri($"http://{gateway["web"]}/") };

        var failed = 0;
        for (var i = 0; i < 20; i++)
        {
            failed += (await client.GetAsync("/")).IsSuccessStatusCode ? 0 : 1;
        }

        Assert.Equal(0, failed);
        Assert.NotEqual(DestinationHealth.Unhealthy, HealthOf(gateway, "two"));
    }

    private static DestinationHealth HealthOf(HttpTestGateway gateway, string destination)
    {
        Assert.True(gateway.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster("backend", out var cluster));
        return cluster.Destinations[destination].Health.Passive;
    }

    private static GatewayConfig WithRate(string destination) => HttpTestGateway.Config(destination, cluster: cluster => cluster with
    {
        HealthCheck = new HealthCheckConfig { Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = "TransportFailureRate" } },
    });

    private static GatewayConfig Two(string one, string two, HealthCheckConfig? health = null) => HttpTestGateway.Config(one, cluster: cluster => cluster with
    {
        LoadBalancingPolicy = "RoundRobin",
        HealthCheck = health,
        Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = one }, ["two"] = new() { Address = two } },
    });

    private static async Task TrySendAsync(TcpPeer client, byte[] bytes)
    {
        try
        {
            await client.SendAsync(bytes);
            await client.ReadLineAsync();
        }
        catch (System.Net.Sockets.SocketException)
        {
            // It is not read any more.
        }
    }

    /// <summary>Answers, or resets uploads, or says nothing.</summary>
    private async Task ServeAsync(TcpPeer peer)
    {
        while (await peer.WaitForFirstByteAsync() > 0)
        {
            var request = await peer.ReadLineAsync();
            while ((await peer.ReadLineAsync()).Length > 0)
            {
            }

            if (request.Contains("/reset", StringComparison.Ordinal))
            {
                peer.Reset();
                return;
            }

            if (request.Contains("/broken", StringComparison.Ordinal) || request.Contains("/silent", StringComparison.Ordinal))
            {
                _reached.Release();
                await peer.WaitForEndAsync();
                return;
            }

            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    }
}
