using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Http;

/// <summary>Clients that take every place and say nothing: others get in all the same, and a client that has spoken stays.</summary>
public sealed class SilentClientTests
{
    private const string Header = "PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\n";
    private const string Request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    private static readonly object Policy = new { TrustedProxies = new[] { "127.0.0.0/8" }, HeaderTimeout = "10m" };

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(true, Header)]
    public async Task Connections_SilentOnesHoldEveryPlace_GiveWayOneByOneAndWhoSpokeStays(bool hasPolicy, string said)
    {
        await using var web = Peers.HttpBackend.Start();
        var port = FreePorts.Next();
        await using var gateway = await StartAsync(
            new ConfigFile().AddHttp("web", port, web.Address, proxyProtocol: hasPolicy ? Policy : null));
        var first = hasPolicy ? Header : "";
        using var speaks = await AskingAsync(port, first);
        var silent = new List<TcpPeer>();
        for (var i = 0; i < 3; i++)
        {
            silent.Add(await TcpPeer.ConnectAsync(port, "127.0.0.9"));
            await silent[i].SendAsync(said);
            var held = i + 2;
            await gateway.WaitForMetricAsync("gateway_connection_count", count => count == held);
        }

        var others = new List<TcpPeer>();
        for (var i = 0; i < 3; i++)
        {
            // Nobody gives way in the first second.
            others.Add(await Eventually.GetAsync(() => TryAskingAsync(port, first), static peer => peer is not null, "a place")
                ?? throw new InvalidOperationException());
            await silent[i].WaitForEndAsync();
        }

        await AskAsync(speaks);
        foreach (var other in others)
        {
            await AskAsync(other);
        }

        await gateway.WaitForMetricAsync(
            "gateway_tcp_connection_rejected_total",
            static v => v >= 3,
            ("listener", "web"),
            ("reason", "limit"));
        await gateway.WaitForAccessAsync(silent[0].Local.ToString(), "listener=web reason=limit detail=-");
        var warning = Assert.Single(
            gateway.Process.Lines,
            static line => line.Contains("places for connections are taken", StringComparison.Ordinal));
        Assert.Contains("All 4 places", warning, StringComparison.Ordinal);
        foreach (var peer in others.Concat(silent))
        {
            peer.Dispose();
        }
    }

    /// <summary>One limit, one order of giving way: a TCP client gets the place of a silent HTTP connection.</summary>
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task TcpConnection_SilentHttpOnesHoldEveryPlace_GetsOne(string engine)
    {
        await using var echo = RecordingTcpServer.StartEcho();
        await using var web = Peers.HttpBackend.Start();
        var (http, tcp) = (FreePorts.Next(), FreePorts.Next());
        var config = new ConfigFile().AddHttp("web", http, web.Address).AddTcp("in", tcp, echo.Address, new { Mode = "None" });
        await using var gateway = await StartAsync(config.Set("TcpProxy:Engine", engine));
        var silent = new List<TcpPeer>();
        for (var i = 0; i < 4; i++)
        {
            silent.Add(await TcpPeer.ConnectAsync(http));
            var held = i + 1;
            await gateway.WaitForMetricAsync("gateway_connection_count", count => count == held);
        }

        using var client = await Eventually.GetAsync(() => TryAsync(() => EchoingAsync(tcp)), static peer => peer is not null, "a place");

        await silent[0].WaitForEndAsync();
        silent.ForEach(static peer => peer.Dispose());
    }

    private static Task<GatewayProcess> StartAsync(ConfigFile config) => GatewayProcess.StartAsync(config.Set("Limits:MaxConnections", 4));

    private static Task<TcpPeer?> TryAskingAsync(int port, string first) => TryAsync(() => AskingAsync(port, first));

    private static async Task<TcpPeer?> TryAsync(Func<Task<TcpPeer>> connect)
    {
        try
        {
            return await connect();
        }
        catch (Exception refused) when (refused is SocketException or IOException)
        {
            return null;
        }
    }

    private static async Task<TcpPeer> EchoingAsync(int port)
    {
        var peer = await TcpPeer.ConnectAsync(port);
        await peer.SendAsync("echo");
        Assert.Equal("echo", await peer.ReadTextAsync(4));
        return peer;
    }

    private static async Task<TcpPeer> AskingAsync(int port, string first)
    {
        var peer = await TcpPeer.ConnectAsync(port);
        await peer.SendAsync(first);
        await AskAsync(peer);
        return peer;
    }

    private static async Task AskAsync(TcpPeer peer)
    {
        await peer.SendAsync(Request);
        var response = await RawClient.ReadResponseAsync(peer);
        if (RawClient.StatusOf(response) != 200)
        {
            throw new IOException($"No answer: '{response}'.");
        }
    }
}
