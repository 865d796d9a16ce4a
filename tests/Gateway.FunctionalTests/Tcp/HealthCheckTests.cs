using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>Destinations that do not answer checks get no connections, in modes that could try another one, too.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task Destination_LeftOutByChecks_CostsNobodyAnAttemptAndComesBack()
    {
        await using var stays = RecordingTcpServer.StartEcho();
        var goes = RecordingTcpServer.StartEcho();
        var address = goes.EndPoint;
        var port = FreePorts.Next();
        var config = new ConfigFile().Listener("in", $"127.0.0.1:{port}", "Tcp")
            .Route("in", new { Listener = "in", ClusterId = "in", SourceIp = new { Mode = "None" } }).Cluster("in", stays.Address, goes.Address)
            .Set("TcpProxy:Clusters:in:HealthCheck", new { Active = new { Interval = "100ms", Rise = 1, Fall = 1 } });
        await using var gateway = await GatewayProcess.StartAsync(config);

        await goes.DisposeAsync();
        await gateway.WaitForMetricAsync("gateway_destination_healthy", v => v == 0, ("destination", "in-1"));
        for (var i = 0; i < 6; i++)
        {
            await EchoAsync();
        }

        Assert.Equal(0, (await gateway.MetricsAsync()).Sum("gateway_destination_connect_retries_total"));
        Assert.True((await gateway.MetricsAsync()).Sum("gateway_destination_ejections_total", ("destination", "in-1")) >= 1);
        await using var back = RecordingTcpServer.StartEcho(address);
        await gateway.WaitForMetricAsync("gateway_destination_healthy", v => v == 1, ("destination", "in-1"));
        await EchoAsync();
        await EchoAsync();
        await gateway.Process.WaitForLineAsync(static line => line.Contains("in-1 answers health checks again", StringComparison.Ordinal), "the end");

        async Task EchoAsync()
        {
            using var client = await TcpPeer.ConnectAsync(port);
            await client.SendAsync("hello");
            Assert.Equal("hello", await client.ReadTextAsync(5));
        }
    }
}
