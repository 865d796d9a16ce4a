using System.Diagnostics;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>The limits of a route, and what a reload does to them.</summary>
[Collection(HeavyTests.Name)]
public sealed class RouteLimitsTests
{
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Bytes_OfAConnection_HaveItsRoutesLimitUntilItEnds(string engine)
    {
        const int Bytes = 400_000;
        await using var server = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, server.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine);
        await using var gateway = await GatewayProcess.StartAsync(
            config.Set("TcpProxy:Routes:in:Limits", new { BytesPerSecondToClient = 200_000 }));
        using var before = await TcpPeer.ConnectAsync(port);
        Assert.InRange(await SecondsOfAsync(before, Bytes), 1.9, 15);

        await gateway.ReloadAsync(config.Remove("TcpProxy:Routes:in:Limits"));
        using var after = await TcpPeer.ConnectAsync(port);
        Assert.InRange(await SecondsOfAsync(after, Bytes), 0, 1.9);
        Assert.InRange(await SecondsOfAsync(before, Bytes), 1.9, 15);
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Connections_AboveTheLimit_AreRefusedAlsoAfterAReload(string engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, server.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine);
        await using var gateway = await GatewayProcess.StartAsync(config.Set("TcpProxy:Routes:in:Limits", new { MaxConnections = 2 }));
        using var first = await EchoingAsync(port);
        using var second = await EchoingAsync(port);
        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(port));

        await gateway.ReloadAsync(config.Set("TcpProxy:Routes:in:Limits", new { MaxConnections = 3 }));
        using var third = await EchoingAsync(port);
        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(port));
        await gateway.ReloadAsync(config.Set("TcpProxy:Routes:in:Limits", new { MaxConnections = 1 }));
        await AssertEchoesAsync(first);
        await AssertEchoesAsync(third);
        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(port));

        const string rejected = "gateway_tcp_connection_rejected_total";
        await gateway.WaitForMetricAsync(rejected, static v => v == 3, ("listener", "in"), ("reason", "route_limit"));
        await gateway.WaitForAccessAsync("route=in", "reason=route_limit");
    }

    private static async Task<double> SecondsOfAsync(TcpPeer peer, int bytes)
    {
        var started = Stopwatch.GetTimestamp();
        var sending = peer.SendAsync(new byte[bytes]);
        await peer.ReadExactlyAsync(bytes);
        await sending;
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
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
