using System.Net.Sockets;
using Gateway.Testing;
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

    /// <summary>One client opens connections and says nothing: others get in all the same, and who has spoken stays.</summary>
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Connections_OfOneSilentClientOnly_GiveWayOneByOne(string engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, server.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine).Set("Limits:MaxConnections", 4));
        using var speaks = await EchoingAsync(port);
        var silent = new List<TcpPeer>();
        for (var i = 0; i < 3; i++)
        {
            silent.Add(await TcpPeer.ConnectAsync(port, "127.0.0.9"));

            // One after the other: two that are there at once may be accepted in any order, by two threads.
            var held = i + 2;
            await gateway.WaitForMetricAsync("gateway_tcp_connection_active", count => count == held);
        }

        var others = new List<TcpPeer>();
        for (var i = 0; i < 3; i++)
        {
            // Nobody gives way in the first second.
            others.Add(await Eventually.GetAsync(() => TryEchoingAsync(port), static peer => peer is not null, "a place") ?? throw new InvalidOperationException());
            await silent[i].WaitForEndAsync();
        }

        await AssertEchoesAsync(speaks);
        foreach (var other in others)
        {
            await AssertEchoesAsync(other);
        }

        await gateway.WaitForMetricAsync("gateway_tcp_connection_closed_total", v => v == 3, ("reason", "limit"));
        static bool IsWarning(string line) => line.Contains("places for connections are taken", StringComparison.Ordinal);
        var warning = await gateway.Process.WaitForLineAsync(IsWarning, "the warning");
        Assert.Single(gateway.Process.Lines, IsWarning);
        Assert.Contains("All 4 places", warning, StringComparison.Ordinal);
        Assert.Contains("127.0.0.9: 3", warning, StringComparison.Ordinal);
        foreach (var peer in others.Concat(silent))
        {
            peer.Dispose();
        }
    }

    private static async Task<TcpPeer?> TryEchoingAsync(int port)
    {
        try
        {
            return await EchoingAsync(port);
        }
        catch (Exception refused) when (refused is SocketException or IOException)
        {
            return null;
        }
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
