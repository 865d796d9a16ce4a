using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>A dead destination of several costs clients little, without a word in the configuration, and is named.</summary>
public sealed class PassiveHealthTests
{
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Destination_ThatNeverAnswers_CostsTwoClientsTheirConnectTimeout(string engine)
    {
        await using var stays = RecordingTcpServer.StartEcho();
        using var dead = new BlackHole();
        var port = FreePorts.Next();
        var config = Configured(port, engine, $"{dead.EndPoint}", stays.Address).Set("TcpProxy:Clusters:in:ConnectTimeout", "500ms")
            .Set("TcpProxy:Clusters:in:HealthCheck:Passive:EjectionTime", "1m");
        await using var gateway = await GatewayProcess.StartAsync(config);

        for (var i = 0; i < 12; i++)
        {
            await EchoAsync(port);
        }

        await gateway.WaitForAccessAsync($"detail=failed:in-0,{dead.EndPoint},TimedOut");
        var warning = await gateway.Process.WaitForLineAsync(
            static line => line.Contains("connects to destination", StringComparison.Ordinal), "the warning");
        Assert.Single(gateway.Process.Lines, static line => line.Contains("connects to destination", StringComparison.Ordinal));
        Assert.Contains($"Cluster in: connects to destination in-0 fail (timeout, 2 in a row, {dead.EndPoint})", warning, StringComparison.Ordinal);
        var metrics = await gateway.MetricsAsync();
        Assert.Equal(2, metrics.Sum("gateway_destination_connect_duration_seconds_count", ("destination", "in-0"), ("error_type", "timeout")));
        Assert.Equal(12, metrics.Sum("gateway_destination_connect_duration_seconds_count", ("destination", "in-1")));
        Assert.Equal(1, metrics.Sum("gateway_destination_failing", ("destination", "in-0")));
        Assert.Equal(0, metrics.Sum("gateway_destination_failing", ("destination", "in-1")));
    }

    [Fact]
    public async Task Destination_LeftOut_StaysSoThroughAReloadAndComesBack()
    {
        await using var stays = RecordingTcpServer.StartEcho();
        var gone = FreePorts.Next();
        var port = FreePorts.Next();
        var config = Configured(port, "Auto", $"127.0.0.1:{gone}", stays.Address).Set("TcpProxy:Clusters:in:HealthCheck:Passive:EjectionTime", "3s");
        await using var gateway = await GatewayProcess.StartAsync(config);
        await EchoAsync(port);
        await EchoAsync(port);
        await EchoAsync(port);
        await EchoAsync(port);
        await gateway.WaitForMetricAsync("gateway_destination_failing", v => v == 1, ("destination", "in-0"));

        await gateway.ReloadAsync(config.Set("TcpProxy:Clusters:in:ConnectTimeout", "4s"));
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_destination_failing"));

        await using var back = RecordingTcpServer.StartEcho(new(System.Net.IPAddress.Loopback, gone));
        await Gateway.Testing.Eventually.TrueAsync(
            async () =>
            {
                await EchoAsync(port);
                return gateway.Process.Lines.Any(static line => line.Contains("destination in-0 takes connections again", StringComparison.Ordinal));
            },
            "the destination is back");
        Assert.Equal(0, (await gateway.MetricsAsync()).Sum("gateway_destination_failing"));
        Assert.Single(gateway.Process.Lines, static line => line.Contains("connects to destination in-0 fail (refused", StringComparison.Ordinal));
    }

    private static ConfigFile Configured(int port, string engine, params string[] addresses) => new ConfigFile().Listener("in", $"127.0.0.1:{port}", "Tcp")
        .Route("in", new { Listener = "in", ClusterId = "in", SourceIp = new { Mode = "None" } }).Cluster("in", addresses).Set("TcpProxy:Engine", engine);

    private static async Task EchoAsync(int port)
    {
        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadTextAsync(5));
    }
}
