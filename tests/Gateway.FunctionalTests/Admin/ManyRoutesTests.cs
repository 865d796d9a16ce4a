using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>No label is lost with thousands of routes, and where one could be, somebody is told.</summary>
public sealed class ManyRoutesTests
{
    private const int Many = 3000;

    // 20,000 label sets are there at least, for two network types and up to 32 reasons.
    private const int TooMany = 330;

    [Fact]
    public async Task Metrics_ThousandsOfRoutes_KeepTheirLabels()
    {
        var port = FreePorts.Next();
        await using var echo = RecordingTcpServer.StartEcho();
        await using var gateway = await GatewayProcess.StartAsync(WithRoutes(Many, port, echo.Address));
        // Each client's address has a route of its own.
        foreach (var number in new[] { 0, 1, 1500, Many - 1 })
        {
            using var client = await TcpPeer.ConnectAsync(port, AddressOf(number));
            await client.SendAsync("echo");
            await client.ReadTextAsync(4);
        }

        foreach (var number in new[] { 0, 1, 1500, Many - 1 })
        {
            await gateway.Process.WaitForLineAsync(line => line.Contains($"route=r{number} ", StringComparison.Ordinal), $"the end of a connection of route r{number}");
        }

        // Megabytes: once is enough.
        var metrics = await gateway.MetricsAsync();
        foreach (var number in new[] { 0, 1, 1500, Many - 1 })
        {
            Assert.Equal(1, metrics.Sum("gateway_tcp_connection_opened_total", ("route", $"r{number}")));
            Assert.Equal(1, metrics.Sum("gateway_tcp_connection_duration_seconds_count", ("route", $"r{number}")));
        }

        Assert.DoesNotContain(metrics.Samples, static sample => sample.Labels.ContainsKey("otel_metric_overflow"));
        // What bounds the buckets is ours still.
        Assert.Contains(metrics.Samples, static sample => sample.Name == "gateway_tcp_connection_duration_seconds_bucket" && sample.Labels["le"] == "86400");
        Assert.DoesNotContain(gateway.Complaints(), static line => line.Contains("otel_metric_overflow", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reload_MoreRoutesThanThereIsRoomFor_WarnsOnce()
    {
        var port = FreePorts.Next();
        var few = WithRoutes(2, port, "127.0.0.1:9");
        await using var gateway = await GatewayProcess.StartAsync(few);
        await gateway.ReloadAsync(few.Copy().Set("Shutdown:DrainDelay", "0s"));
        Assert.Empty(Warnings(gateway));

        await gateway.ReloadAsync(WithRoutes(TooMany, port, "127.0.0.1:9", few));
        await gateway.ReloadAsync(WithRoutes(TooMany + 1, port, "127.0.0.1:9", few));

        var line = Assert.Single(Warnings(gateway));
        Assert.Contains("Start the gateway again to make room", line, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Warnings(GatewayProcess gateway) => gateway.Complaints().Where(static line => line.Contains("otel_metric_overflow", StringComparison.Ordinal));

    private static string AddressOf(int number) => $"127.1.{number / 250}.{(number % 250) + 1}";

    private static ConfigFile WithRoutes(int count, int port, string backend, ConfigFile? basis = null)
    {
        var config = (basis?.Copy() ?? new ConfigFile())
            .Listener("in", $"127.0.0.1:{port}", "Tcp").Cluster("c", backend);
        for (var number = 0; number < count; number++)
        {
            config.Route($"r{number}", new { Listener = "in", ClusterId = "c", SourceIp = new { Mode = "None" }, Match = new { ClientCidrs = new[] { $"{AddressOf(number)}/32" } } });
        }

        return config;
    }
}
