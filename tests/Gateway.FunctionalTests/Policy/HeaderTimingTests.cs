using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Policy;

/// <summary>Peers that take their time with the header.</summary>
public sealed class HeaderTimingTests
{
    private static readonly object Policy = new { TrustedProxies = new[] { "127.0.0.0/8" }, HeaderTimeout = "3s" };

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Peer_OneByteASecond_IsCutAtHeaderTimeoutWithItsReason(string engine)
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, backend.Address, new { Mode = "None" }, Policy).Set("TcpProxy:Engine", engine));
        using var client = await TcpPeer.ConnectAsync(port);
        var started = Stopwatch.GetTimestamp();

        var ended = client.WaitForEndAsync();
        foreach (var b in WireHeader.V2("203.0.113.7:1", "192.0.2.1:1"))
        {
            try
            {
                await client.SendAsync(new[] { b });
            }
            catch (SocketException)
            {
                break;
            }

            // The tempo of the slow peer is what is tested here: this delay waits for nothing.
            await Tempo.PauseAsync(TimeSpan.FromSeconds(1), ended);
            if (ended.IsCompleted)
            {
                break;
            }
        }

        await ended;
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 2.5, 15);
        Assert.Equal(0, backend.Accepted);
        await gateway.WaitForMetricAsync("gateway_proxy_protocol_received_total", v => v == 1, ("result", "timeout"));
        await gateway.WaitForAccessAsync(client.Local.ToString(), "Header");
    }
}

/// <summary>Many of them at once.</summary>
[Collection(HeavyTests.Name)]
public sealed class ManySilentPeersTests
{
    private const int Peers = 5000;

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task SilentPeers_FiveThousand_CostLittleMemoryAndNoThreads(string engine)
    {
        await using var backend = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, backend.Address, new { Mode = "None" }, new { TrustedProxies = new[] { "127.0.0.0/8" }, HeaderTimeout = "60s" })
            .Set("TcpProxy:Engine", engine);
        await using var gateway = await GatewayProcess.StartAsync(config);
        await gateway.MetricsAsync();
        var memory = gateway.Process.ResidentBytes();
        var threads = gateway.Process.Threads();
        var descriptors = gateway.Process.Descriptors();

        var peers = new List<TcpPeer>();
        try
        {
            for (var i = 0; i < Peers; i++)
            {
                var peer = await TcpPeer.ConnectAsync(port, $"127.0.{1 + (i / 250)}.{1 + (i % 250)}");
                peers.Add(peer);
                if (i % 2 == 0)
                {
                    await peer.SendAsync("\r");
                }
            }

            await Eventually.TrueAsync(() => gateway.Process.Descriptors() >= descriptors + Peers, "all accepted");
            Assert.InRange((gateway.Process.ResidentBytes() - memory) / (1024.0 * 1024), -20, 50);
            Assert.InRange(gateway.Process.Threads() - threads, -50, 20);
        }
        finally
        {
            peers.ForEach(p => p.Reset());
        }

        await Eventually.TrueAsync(() => gateway.Process.Descriptors() < descriptors + 50, "all closed");
    }
}
