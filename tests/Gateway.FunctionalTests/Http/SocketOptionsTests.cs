using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Http;

/// <summary>Socket options of HTTP listeners' connections, and of those to HTTP clusters' destinations, as the kernel reports them.</summary>
public sealed class SocketOptionsTests
{
    private const string Metadata = "ReverseProxy:Clusters:web:Metadata";

    /// <summary>By the SYN that the backend got, and by ss of the gateway's side; on the event loops and on .NET's sockets.</summary>
    [Theory]
    [InlineData("Auto", "127.0.0.1")]
    [InlineData("Auto", "::1")]
    [InlineData("Sockets", "127.0.0.1")]
    [InlineData("Sockets", "::1")]
    public async Task SocketOptions_InMetadata_AreOnTheSocketsAndLive(string transport, string address)
    {
        var isV6 = address == "::1";
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(IPAddress.Parse(address), 0), saveSyn: true);
        var port = FreePorts.Next();
        var config = new ConfigFile().AddHttp("web", port, backend.Address)
            .Set("Listeners:web:Transport", transport)
            .Set(Metadata, new Dictionary<string, string>
            {
                ["Socket.SendBufferBytes"] = "50000",
                ["Socket.ReceiveBufferBytes"] = "60000",
                ["Socket.Dscp"] = "46",
                ["KeepAlive.Time"] = "2h",
            });
        await using var gateway = await GatewayProcess.StartAsync(config);

        using var client = await TcpPeer.ConnectAsync(port);
        using var first = await AskAsync(client, backend);
        Assert.Equal(46, DscpOf(first.SavedSyn(), isV6));
        var shown = await WithKeepAliveAsync(first);
        Assert.Contains("rb120000,", shown, StringComparison.Ordinal);
        Assert.Contains("tb100000,", shown, StringComparison.Ordinal);
        Assert.Contains(isV6 ? "tclass:0xb8" : "tos:0xb8", shown, StringComparison.Ordinal);
        Assert.Matches(@"timer:\(keepalive,1\d\dmin", shown);

        await gateway.ReloadAsync(config.Set(Metadata, new Dictionary<string, string>
        {
            ["Socket.Dscp"] = "10",
            ["KeepAlive.Enabled"] = "false",
        }));

        using var next = await TcpPeer.ConnectAsync(port);
        using var second = await AskAsync(next, backend);
        Assert.Equal(10, DscpOf(second.SavedSyn(), isV6));
        Assert.DoesNotContain("timer:(keepalive", await ShowAsync(second), StringComparison.Ordinal);

        // What was under way before goes on where it was.
        await first.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
        Assert.Equal("HTTP/1.1 204 No Content", await client.ReadLineAsync());
    }

    [Theory]
    [InlineData("Auto", "127.0.0.1")]
    [InlineData("Auto", "[::1]")]
    [InlineData("Sockets", "127.0.0.1")]
    [InlineData("Sockets", "[::1]")]
    public async Task SocketOptions_OfAListener_AreOnItsClientsConnections(string transport, string address)
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        var config = new ConfigFile().AddHttp("web", port, backend.Address, address: address)
            .Set("Listeners:web:Transport", transport)
            .Set("Listeners:web:KeepAlive", new { Time = "2h" })
            .Set("Listeners:web:Socket", new { SendBufferBytes = 50_000, ReceiveBufferBytes = 60_000, Dscp = 46 });
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var client = await TcpPeer.ConnectAsync(IPEndPoint.Parse($"{address}:{port}"));
        using var accepted = await AskAsync(client, backend);

        var shown = await WithKeepAliveAsync(client);
        Assert.Contains("rb120000,", shown, StringComparison.Ordinal);
        Assert.Contains("tb100000,", shown, StringComparison.Ordinal);
        Assert.Contains(address == "[::1]" ? "tclass:0xb8" : "tos:0xb8", shown, StringComparison.Ordinal);
        Assert.Matches(@"timer:\(keepalive,1\d\dmin", shown);
    }

    // Nothing is answered, so that each request has a connection of its own.
    private static async Task<TcpPeer> AskAsync(TcpPeer client, RecordingTcpServer backend)
    {
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        var accepted = await backend.NextAsync();
        Assert.Equal("GET / HTTP/1.1", await accepted.ReadLineAsync());
        return accepted;
    }

    // Its timer shows once what was sent is acknowledged, whose own timer stands there before.
    private static Task<string> WithKeepAliveAsync(TcpPeer peer) => Eventually.GetAsync(
        () => ShowAsync(peer), static shown => shown.Contains("timer:(keepalive,", StringComparison.Ordinal), "a keep-alive timer runs");

    // The gateway's socket of a connection.
    private static async Task<string> ShowAsync(TcpPeer peer)
    {
        string[] ask =
        [
            DebianPeer.Require("ss"), "-Htinmo", "--tos", "sport", "=", $":{peer.Remote.Port}", "and", "dport", "=", $":{peer.Local.Port}",
        ];
        return (await ProcessRunner.RunAsync(ask)).RequireSuccess().StandardOutput;
    }

    // The headers of the SYN in hex, IP first: the second byte of IPv4, the low half of the first and the high half of the second of IPv6.
    private static int DscpOf(string syn, bool isV6) =>
        Convert.ToInt32(isV6 ? syn[1..3] : syn[2..4], 16) >> 2;
}
