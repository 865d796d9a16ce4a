using System.Diagnostics;
using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>A peer that vanishes while data is under way to it: its packets are dropped from one moment on.</summary>
public sealed class UserTimeoutTests
{
    public static TheoryData<string, bool, bool> Cases => new(
        from engine in (string[])[Engines.Linux, Engines.Portable]
        from isV6 in (bool[])[false, true]
        from isBackend in (bool[])[false, true]
        select (engine, isV6, isBackend));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Peer_WhosePacketsAreDropped_IsDeadAfterUserTimeout(string engine, bool isV6, bool isBackend)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var (at, from, listens) = isV6
            ? (GatewayNetwork.BackendV6, GatewayNetwork.ClientV6, GatewayNetwork.GatewayV6)
            : (GatewayNetwork.BackendV4, GatewayNetwork.ClientV4, GatewayNetwork.GatewayV4);
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(at, 8080), inside: network.Backend);
        var config = new ConfigFile().Set("TcpProxy:Engine", engine)
            .AddTcp("in", 9000, backend.Address, new { Mode = "None" }, address: isV6 ? $"[{listens}]" : $"{listens}")
            .Set("Listeners:in:KeepAlive", new { Enabled = false, UserTimeout = "2s" });
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway });
        using var client = await TcpPeer.ConnectAsync(new IPEndPoint(listens, 9000), new IPEndPoint(from, 0), network.Client);
        using var accepted = await backend.NextAsync();
        await client.SendAsync("hello");
        Assert.Equal("hello", await accepted.ReadTextAsync(5));

        var vanished = isBackend ? network.Backend : network.Client;
        await vanished.RunAsync("nft", "add table inet gone; add chain inet gone in { type filter hook input priority 0; policy drop; }");
        var began = Stopwatch.GetTimestamp();
        await (isBackend ? client : accepted).SendAsync("lost");

        // The other side learns of it: without the option the kernel would send the bytes again for a quarter of an hour.
        Assert.Equal(ConnectionEnd.Reset, await (isBackend ? client : accepted).WaitForEndAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(15));
        await gateway.WaitForAccessAsync("listener=in", isBackend ? "reason=backend_reset" : "reason=client_reset");
    }

    /// <summary>The destination of an HTTP cluster vanishes in the middle of an upload; on the event loops and on .NET's sockets.</summary>
    [Theory]
    [InlineData("Auto")]
    [InlineData("Sockets")]
    public async Task HttpDestination_WhosePacketsAreDropped_IsDeadAfterUserTimeout(string transport)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);
        var config = new ConfigFile().AddHttp("web", 9000, backend.Address, address: $"{GatewayNetwork.GatewayV4}")
            .Set("Listeners:web:Transport", transport)
            .Set("ReverseProxy:Clusters:web:Metadata", new Dictionary<string, string> { ["KeepAlive.UserTimeout"] = "2s" });
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway });
        using var client = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV4, 9000), new IPEndPoint(GatewayNetwork.ClientV4, 0), network.Client);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
        using var accepted = await backend.NextAsync();
        while (await accepted.ReadLineAsync() != "")
        {
        }

        await network.Backend.RunAsync("nft", "add table inet gone; add chain inet gone in { type filter hook input priority 0; policy drop; }");
        var began = Stopwatch.GetTimestamp();
        await client.SendAsync("lost");

        Assert.Equal("HTTP/1.1 502 Bad Gateway", await client.ReadLineAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(15));
    }
}
