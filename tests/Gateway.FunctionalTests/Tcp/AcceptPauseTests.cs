using System.Globalization;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>
/// A process that finds no descriptor for a connection that waits: each kind of listener pauses, says so, and takes it later.
/// </summary>
public sealed class AcceptPauseTests
{
    // Its standard streams. A limit at the lowest free number leaves room when a descriptor of an earlier connection is closed late.
    private const int NoDescriptors = 3;

    [Theory]
    [InlineData("web")]
    [InlineData("in")]
    [InlineData("Probes")]
    public async Task Accept_WithoutADescriptor_PausesIsCountedAndGoesOn(string listener)
    {
        await using var backend = Peers.HttpBackend.Start();
        await using var echo = RecordingTcpServer.Start(static peer => peer.SendAsync("HTTP/1.1 200 OK\r\n"));
        var ports = new Dictionary<string, int> { ["web"] = FreePorts.Next(), ["in"] = FreePorts.Next(), ["Probes"] = FreePorts.Next() };
        var config = new ConfigFile().AddHttp("web", ports["web"], backend.Address).AddTcp("in", ports["in"], echo.Address, new { Mode = "None" })
            .Set("TcpProxy:Engine", "Portable").Set("TcpProxy:Accept", "Direct").Set("Probes:Address", $"127.0.0.1:{ports["Probes"]}");
        await using var gateway = await GatewayProcess.StartAsync(config);
        // The way is known to the process, and this connection for its metrics stays.
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(ports[listener]), StringComparison.Ordinal);
        await gateway.MetricsAsync();

        await LimitAsync(gateway, NoDescriptors);
        var asked = AskAsync(ports[listener]);
        await gateway.WaitForMetricAsync(
            "gateway_tcp_accept_errors_total", pauses => pauses is >= 2 and < 100, ("listener", listener), ("error_type", "descriptors"));
        Assert.False(asked.IsCompleted);
        await LimitAsync(gateway, 10_000);

        Assert.StartsWith("HTTP/1.1 200", await asked, StringComparison.Ordinal);
        bool IsTold(string line) => line.Contains($"Listener {listener} pauses accepting", StringComparison.Ordinal);
        await gateway.Process.WaitForLineAsync(IsTold, "the warning");
        Assert.Single(gateway.Complaints(), IsTold);
    }

    private static async Task<string> AskAsync(int port)
    {
        using var peer = await TcpPeer.ConnectAsync(port);
        await peer.SendAsync("GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n");
        return await peer.ReadLineAsync();
    }

    private static async Task LimitAsync(GatewayProcess gateway, int descriptors)
    {
        var limited = await ProcessRunner.RunAsync(
            [DebianPeer.Require("prlimit"), $"--pid={gateway.Process.Id}", string.Create(CultureInfo.InvariantCulture, $"--nofile={descriptors}:")]);
        Assert.Equal(0, limited.ExitCode);
    }
}
