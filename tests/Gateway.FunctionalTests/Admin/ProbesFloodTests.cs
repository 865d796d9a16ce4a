using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>
/// A process with few descriptors, by a real limit, and far more connections to its Probes and Admin listeners than those.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class ProbesFloodTests
{
    private const int Flood = 450;

    [Theory]
    [InlineData("Probes", "")]
    [InlineData("Admin", "")]
    [InlineData("Probes", "GET /healthz/live HTTP/1.1\r\n")]
    [InlineData("Admin", "GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    public async Task Flood_OfConnectionsThatEndNowhere_TakesNothingFromAnybody(string listener, string bytes)
    {
        await using var backend = Peers.HttpBackend.Start();
        await using var echo = RecordingTcpServer.StartEcho();
        var (web, tcp, probes) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var config = new ConfigFile().AddHttp("web", web, backend.Address).AddTcp("tcp", tcp, echo.Address, new { Mode = "None" })
            .Set("Probes:Address", $"127.0.0.1:{probes}");
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Prefix = [DebianPeer.Require("prlimit"), "--nofile=400:400"] });
        var flooded = listener == "Probes" ? probes : gateway.AdminPort;
        using var http = new HttpClient { Timeout = Eventually.DefaultTimeout };
        Assert.Equal("hello", await EchoAsync(tcp));
        var before = gateway.Process.Descriptors();

        var peers = new List<TcpPeer>();
        for (var i = 0; i < Flood; i++)
        {
            var peer = await TcpPeer.ConnectAsync(flooded);
            peers.Add(peer);
            try
            {
                await peer.SendAsync(bytes);
            }
            catch (SocketException)
            {
                // It has given way already.
            }
        }

        // Each with a connection of its own.
        foreach (var address in new[] { $"127.0.0.1:{web}/", $"127.0.0.1:{probes}/healthz/ready", $"127.0.0.1:{gateway.AdminPort}/healthz/live" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{address}") { Headers = { ConnectionClose = true } };
            using var response = await http.SendAsync(request);
            Assert.True(response.IsSuccessStatusCode, $"{address}: {response.StatusCode}; {gateway.Process.Output}");
        }

        Assert.Equal("hello", await EchoAsync(tcp));
        Assert.False(gateway.Process.HasExited, gateway.Process.Output);
        await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", count => count >= Flood - 64, ("listener", listener), ("reason", "gave_way"));
        await Eventually.TrueAsync(() => gateway.Process.Descriptors() <= before + 40, "those that gave way have left no descriptor");
        peers.ForEach(peer => peer.Dispose());
    }

    [Fact]
    public async Task ConnectionWithoutAByte_OfProbes_EndsWithinSecondsAndOneWithARequestStays()
    {
        var probes = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().Set("Probes:Address", $"127.0.0.1:{probes}"));
        using var silent = await TcpPeer.ConnectAsync(probes);
        using var kept = await TcpPeer.ConnectAsync(probes);
        await AskAsync(kept);

        await silent.WaitForEndAsync();

        await AskAsync(kept);
        await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", count => count == 1, ("listener", "Probes"), ("reason", "silent"));
    }

    private static async Task AskAsync(TcpPeer peer)
    {
        await peer.SendAsync("HEAD /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK", await peer.ReadLineAsync());
        while (await peer.ReadLineAsync() is { Length: > 0 })
        {
        }
    }

    private static async Task<string> EchoAsync(int port)
    {
        using var peer = await TcpPeer.ConnectAsync(port);
        await peer.SendAsync("hello");
        return await peer.ReadTextAsync(5);
    }
}
