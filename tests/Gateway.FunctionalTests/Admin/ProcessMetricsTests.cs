using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>The process, and the limit on connections, as Prometheus sees them.</summary>
public sealed class ProcessMetricsTests
{
    [Fact]
    public async Task Metrics_OfTheProcess_AreWhatTheKernelSays()
    {
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile());

        var metrics = await gateway.MetricsAsync();

        Assert.InRange(metrics.Sum("process_open_fds"), gateway.Process.Descriptors() - 20, gateway.Process.Descriptors() + 20);
        Assert.InRange(metrics.Sum("process_resident_memory_bytes"), gateway.Process.ResidentBytes() / 2, gateway.Process.ResidentBytes() * 2);
        Assert.InRange(metrics.Sum("process_threads"), 5, 500);
        Assert.True(metrics.Sum("process_max_fds") >= 256, metrics.Only("process_"));
        Assert.InRange(metrics.Sum("process_cpu_seconds_total"), 0.01, 600);
        // A second above: the time of the boot, which it is counted from, is no better.
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.InRange(metrics.Sum("process_start_time_seconds"), now - 300, now + 1);
        Assert.True(metrics.Sum("process_virtual_memory_bytes") > metrics.Sum("process_resident_memory_bytes"), metrics.Only("process_"));
    }

    [Fact]
    public async Task Metrics_OfTheConnectionLimit_AreTheOneInForceAndThoseThatCountAgainstIt()
    {
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }).Set("Limits:MaxConnections", 123));
        Assert.Equal(123, (await gateway.MetricsAsync()).Sum("gateway_connection_limit"));

        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("echo");
        await client.ReadTextAsync(4);

        Assert.Equal(1, await gateway.WaitForMetricAsync("gateway_connection_count", static value => value > 0));
    }
}
