using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Readiness can depend on clusters, TCP and HTTP; by default it does not.</summary>
public sealed class ReadyWhenTests
{
    [Fact]
    public async Task Ready_ClusterWithoutHealthyDestination_Is503UntilItAnswersAgain()
    {
        var backend = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        var server = RecordingTcpServer.StartEcho(backend);
        await using var gateway = await GatewayProcess.StartAsync(WithProbes(
            ConfigFile.Tcp(FreePorts.Next(), server.Address, new { Mode = "None" })
                .Set("TcpProxy:Clusters:in:HealthCheck", new { Active = new { Interval = "100ms", Rise = 1, Fall = 1 } }),
            "IN"));

        await server.DisposeAsync();

        Assert.Equal("no healthy destination: IN\n", await WaitForAsync(gateway, HttpStatusCode.ServiceUnavailable));
        await using var again = RecordingTcpServer.StartEcho(backend);
        Assert.Equal("ready\n", await WaitForAsync(gateway, HttpStatusCode.OK));
    }

    [Fact]
    public async Task Ready_HttpClusterWhoseChecksFail_Is503()
    {
        var server = Peers.HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(WithProbes(
            new ConfigFile().AddHttp("web", FreePorts.Next(), server.Address)
                .Set("ReverseProxy:Clusters:web:HealthCheck", new { Active = new { Enabled = true, Interval = "100ms", Timeout = "1s", Policy = "ConsecutiveFailures", Path = "/" } }),
            "web"));

        await server.DisposeAsync();

        Assert.Equal("no healthy destination: web\n", await WaitForAsync(gateway, HttpStatusCode.ServiceUnavailable));
    }

    [Fact]
    public async Task Ready_DeadClusterThatNobodyNamed_Is200()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(FreePorts.Next(), $"127.0.0.1:{FreePorts.Next()}", new { Mode = "None" })
                .Set("TcpProxy:Clusters:in:HealthCheck", new { Active = new { Interval = "100ms", Rise = 1, Fall = 1 } }));
        await gateway.WaitForMetricAsync("gateway_destination_ejections_total", static value => value == 1);

        using var ready = await gateway.AdminAsync("/healthz/ready");

        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    private static ConfigFile WithProbes(ConfigFile config, params string[] clusters) =>
        config.Set("Probes", new { Address = $"127.0.0.1:{FreePorts.Next()}", ReadyWhen = new { Clusters = clusters } });

    private static async Task<string> WaitForAsync(GatewayProcess gateway, HttpStatusCode wanted)
    {
        var answer = await Eventually.GetAsync(
            async () =>
            {
                using var ready = await gateway.AdminAsync("/healthz/ready");
                return (ready.StatusCode, Text: await ready.Content.ReadAsStringAsync());
            },
            answer => answer.StatusCode == wanted,
            $"/healthz/ready answers {wanted}");
        return answer.Text;
    }
}
