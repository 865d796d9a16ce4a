using Gateway.Testing.Network;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;
using ProbeRequests = Gateway.Http.Backends.Clients.ProbeRequests;

namespace Gateway.FunctionalTests.Http;

/// <summary>YARP's active health checks: few at once, however many destinations there are.</summary>
public sealed class ActiveHealthTests
{
    private const int Destinations = ProbeRequests.Most + 40;

    [Theory]
    [InlineData("None")]
    [InlineData("ProxyProtocol")]
    public async Task Probes_OfManyDestinationsThatDoNotAnswer_AreBoundedAndAllHaveTheirTurn(string mode)
    {
        var (open, peak, came) = (0, 0, 0);
        using var all = new SemaphoreSlim(0);
        using var answer = new SemaphoreSlim(0);
        var full = new TaskCompletionSource();
        var most = new Lock();
        await using var backend = RecordingTcpServer.Start(async peer =>
        {
            while (await peer.ReadLineAsync() != "")
            {
            }

            lock (most)
            {
                peak = Math.Max(peak, ++open);
                if (++came == ProbeRequests.Most)
                {
                    full.SetResult();
                }
            }

            all.Release();
            await answer.WaitAsync();
            lock (most)
            {
                open--;
            }

            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });
        await using var gateway = await HttpTestGateway.StartAsync(
            HttpTestGateway.Config(
                $"http://127.0.0.1:{backend.Port}/",
                cluster: cluster =>
                    cluster with
                    {
                        Metadata = new Dictionary<string, string> { ["SourceIp.Mode"] = mode, ["SourceIp.Version"] = "V1" },
                        HttpRequest = new() { Version = new(1, 1) },
                        HealthCheck = new()
                        {
                            Active = new()
                            {
                                Enabled = true,
                                Interval = TimeSpan.FromHours(1),
                                Timeout = TimeSpan.FromMinutes(1),
                            },
                        },
                        Destinations = Enumerable
                            .Range(0, Destinations)
                            .ToDictionary(
                                number => $"d{number}",
                                _ => new DestinationConfig { Address = $"http://127.0.0.1:{backend.Port}/" }
                            ),
                    }));
        gateway.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster("backend", out var clusterState);

        var checking = gateway.Services.GetRequiredService<IActiveHealthCheckMonitor>().CheckHealthAsync([clusterState!]);
        await full.Task.WaitAsync(Limits.Wait);
        answer.Release(1);
        for (var i = 0; i <= ProbeRequests.Most; i++)
        {
            Assert.True(await all.WaitAsync(Limits.Wait), "a check that waited has its turn when another has ended");
        }

        answer.Release(Destinations);
        await checking.WaitAsync(Limits.Wait);

        Assert.Equal(ProbeRequests.Most, peak);
        Assert.Equal(Destinations, came);
        Assert.All(clusterState!.Destinations.Values, destination => Assert.Equal(DestinationHealth.Healthy, destination.Health.Active));
    }
}
