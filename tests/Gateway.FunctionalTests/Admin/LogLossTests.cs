using System.Diagnostics;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Whatever becomes of standard output, traffic goes on, and what the log loses is counted.</summary>
public sealed class LogLossTests
{
    [Fact]
    public async Task Log_DiskIsFull_TrafficAndExitAreAsEverAndLinesAreCounted()
    {
        await using var web = Peers.HttpBackend.Start();
        var http = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", http, web.Address), new GatewayStart { Prefix = ["sh", "-c", "exec \"$@\" >/dev/full", "sh"] });
        using var client = new HttpClient();

        for (var i = 0; i < 50; i++)
        {
            Assert.Contains("example", await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/example")), StringComparison.Ordinal);
        }

        await gateway.WaitForMetricAsync("gateway_log_dropped_total", v => v >= 50, ("reason", "write_failed"));
        Assert.Equal(0, (await gateway.MetricsAsync()).Sum("gateway_log_dropped_total", ("reason", "queue_full")));
        gateway.Terminate();
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
    }

    /// <summary>A full pipe whose reader sleeps, after a first write that failed: no thread but the log's may wait for it.</summary>
    [Fact]
    public async Task Log_ReaderStalls_TrafficAndExitAreAsEverAndTheLogGoesOnWithIt()
    {
        using var folder = new TemporaryFolder();
        var pipe = Path.Combine(folder.Path, "log");
        using (var mkfifo = Process.Start("mkfifo", [pipe]))
        {
            await mkfifo.WaitForExitAsync();
        }

        // Both ways, so that opening waits for nobody; what is written stays until it is read.
        await using var reader = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite);
        await using var web = Peers.HttpBackend.Start();
        var http = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", http, web.Address).Set("Logging:LogLevel:Microsoft", "Trace").Set("Logging:LogLevel:Yarp", "Trace"),
            new GatewayStart { Prefix = ["sh", "-c", "exec \"$0\" \"$@\" >" + pipe] });
        using var client = new HttpClient();
        double lost;
        var requests = 0;
        do
        {
            for (var i = 0; i < 100; i++, requests++)
            {
                Assert.Contains("example", await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/example")), StringComparison.Ordinal);
            }

            lost = (await gateway.MetricsAsync()).Sum("gateway_log_dropped_total", ("reason", "queue_full"));
        }
        while (lost == 0 && requests < 20_000);
        Assert.True(lost > 0, $"nothing was lost with {requests} requests");

        using var limit = new CancellationTokenSource(Eventually.DefaultTimeout);
        using var lines = new StreamReader(reader);
        string? line;
        do
        {
            line = await lines.ReadLineAsync(limit.Token);
        }
        while (!line!.Contains("lines of the log were lost", StringComparison.Ordinal));

        // Nobody reads any more.
        await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/example"), limit.Token);
        gateway.Terminate();
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
    }
}
