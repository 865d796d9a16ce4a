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
    [Theory]
    [InlineData("web")]
    [InlineData("in")]
    [InlineData("Probes")]
    public async Task Accept_WithoutADescriptor_PausesIsCountedAndGoesOn(string listener)
    {
        await using var backend = Peers.HttpBackend.Start();
        await using var plain = RecordingTcpServer.Start(AnswerAsync);
        var ports = new Dictionary<string, int> { ["web"] = FreePorts.Next(), ["in"] = FreePorts.Next(), ["Probes"] = FreePorts.Next() };
        var config = new ConfigFile().AddHttp("web", ports["web"], backend.Address).AddTcp("in", ports["in"], plain.Address, new { Mode = "None" })
            .Set("TcpProxy:Engine", "Portable").Set("TcpProxy:Accept", "Direct").Set("Probes:Address", $"127.0.0.1:{ports["Probes"]}");
        await using var gateway = await GatewayProcess.StartAsync(config);
        // The way is known to the process. This connection and that for the metrics stay: a descriptor that one of them gave back would be
        // the room that the next one is to miss.
        using var first = await TcpPeer.ConnectAsync(ports[listener]);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(first), StringComparison.Ordinal);
        await gateway.MetricsAsync();

        await LimitAsync(gateway, LowestFree(gateway));
        using var second = await TcpPeer.ConnectAsync(ports[listener]);
        var asked = AskAsync(second);
        await gateway.WaitForMetricAsync(
            "gateway_tcp_accept_errors_total", pauses => pauses is >= 2 and < 100, ("listener", listener), ("error_type", "descriptors"));
        Assert.False(asked.IsCompleted);
        await LimitAsync(gateway, 10_000);

        Assert.StartsWith("HTTP/1.1 200", await asked, StringComparison.Ordinal);
        Assert.Single(gateway.Complaints(), line => line.Contains($"Listener {listener} pauses accepting", StringComparison.Ordinal));
    }

    private static async Task AnswerAsync(TcpPeer peer)
    {
        await peer.SendAsync("HTTP/1.1 200 OK\r\n");
        await peer.ReadToEndAsync();
    }

    private static async Task<string> AskAsync(TcpPeer peer)
    {
        await peer.SendAsync("GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n");
        return await peer.ReadLineAsync();
    }

    private static async Task LimitAsync(GatewayProcess gateway, int descriptors)
    {
        var limited = await ProcessRunner.RunAsync(
            [DebianPeer.Require("prlimit"), $"--pid={gateway.Process.Id}", string.Create(CultureInfo.InvariantCulture, $"--nofile={descriptors}:")]);
        Assert.Equal(0, limited.ExitCode);
    }

    /// <summary>A limit that leaves none: the number that the kernel would give out next.</summary>
    private static int LowestFree(GatewayProcess gateway)
    {
        var used = Directory.GetFileSystemEntries($"/proc/{gateway.Process.Id}/fd").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)).ToHashSet();
        return Enumerable.Range(0, int.MaxValue).First(fd => !used.Contains(fd));
    }
}
