using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>A process with few descriptors, by a real limit, whose file asks for more connections than they allow.</summary>
public sealed class DescriptorLimitTests
{
    // The least that the cap ever is; two descriptors each.
    private const int Places = 64;
    private const int Clients = 300;

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Flood_MoreClientsThanDescriptors_IsRefusedByNameAndTheRestIsServed(string engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        // A flood right after the start, while the process still loads its own code.
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, server.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine).Set("Limits:MaxConnections", 10_000),
            new GatewayStart { Prefix = [DebianPeer.Require("prlimit"), "--nofile=400:400"] });

        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => AskAsync(port)));

        var served = clients.OfType<TcpPeer>().ToList();
        Assert.Equal(Places, served.Count);
        if (engine == "Linux")
        {
            await gateway.WaitForMetricAsync(
                "gateway_tcp_connection_rejected_total",
                value => value == Clients - Places,
                ("listener", "in"),
                ("reason", "limit"));
            Assert.Equal(0, (await gateway.MetricsAsync()).Sum("gateway_tcp_accept_errors_total"));
        }
        else
        {
            // Sockets are accepted some way ahead there, and those may take the last descriptors for a moment: whoever is dialed for then,
            // or accepted, is refused for want of them.
            await Eventually.TrueAsync(
                async () =>
                    await gateway.MetricsAsync() is var metrics
                    && metrics.Sum("gateway_tcp_connection_rejected_total", ("reason", "limit"))
                        + metrics.Sum("gateway_tcp_connection_rejected_total", ("reason", "resources"))
                        + metrics.Sum("gateway_tcp_connection_closed_total", ("reason", "resources"))
                        == Clients - Places,
                "each of the others is refused with a reason");
        }

        foreach (var peer in served)
        {
            await peer.SendAsync("again");
            Assert.Equal("again", await peer.ReadTextAsync(5));
            peer.Dispose();
        }

        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", value => value == 0);
        using var fresh = await AskAsync(port);
        Assert.NotNull(fresh);
    }

    /// <summary>A client that has got its echo, or null if it was refused.</summary>
    private static async Task<TcpPeer?> AskAsync(int port)
    {
        TcpPeer? peer = null;
        try
        {
            peer = await TcpPeer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            await peer.SendAsync("hello");
            Assert.Equal("hello", await peer.ReadTextAsync(5));
            return peer;
        }
        catch (Exception refused) when (refused is SocketException or EndOfStreamException)
        {
            peer?.Dispose();
            return null;
        }
    }
}
