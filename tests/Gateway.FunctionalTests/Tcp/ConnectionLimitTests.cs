using System.Net.Sockets;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>The cap on all connections.</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Connections_OverTheLimit_AreRejectedByNameUntilOneEnds(string engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, server.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine).Set("Limits:MaxConnections", 3));
        var held = new List<TcpPeer>();
        for (var i = 0; i < 3; i++)
        {
            held.Add(await EchoingAsync(port));
        }

        try
        {
            using var refused = await TcpPeer.ConnectAsync(port);
            await refused.WaitForEndAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // It was refused before this side had seen that it was connected.
        }

        await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", v => v == 1, ("listener", "in"), ("reason", "limit"));
        foreach (var peer in held)
        {
            await AssertEchoesAsync(peer);
        }

        held[0].Dispose();
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 2);
        using var next = await EchoingAsync(port);
        held.ForEach(p => p.Dispose());
    }

    private static async Task<TcpPeer> EchoingAsync(int port)
    {
        var peer = await TcpPeer.ConnectAsync(port);
        await AssertEchoesAsync(peer);
        return peer;
    }

    private static async Task AssertEchoesAsync(TcpPeer peer)
    {
        await peer.SendAsync("echo");
        Assert.Equal("echo", await peer.ReadTextAsync(4));
    }
}
