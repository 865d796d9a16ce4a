using System.Net.Sockets;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Peers;

/// <summary>Limits of clients behind a real HAProxy, whose own address is not limited.</summary>
[Collection(HeavyTests.Name)]
public sealed class HaproxyLimitsTests
{
    private const int Connections = 1000;
    private const int EachClient = 10;

    private static readonly string[] Clients = ["127.0.0.11", "127.0.0.12", "127.0.0.13"];

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Connections_OfThreeClients_TenOfEachAreLive(string engine)
    {
        await using var server = RecordingTcpServer.StartEcho();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, server.Address, new { Mode = "None" }, new { TrustedProxies = new[] { "127.0.0.1/32" } })
                .Set("TcpProxy:Engine", engine)
                .Set("Listeners:in:Limits", new { PerClient = new { MaxConnections = EachClient } }));
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front}
                retries 0
                server gateway 127.0.0.1:{port} source 127.0.0.1 send-proxy-v2
            """);

        var all = await Task.WhenAll(Enumerable.Range(0, Connections).Select(
            number => TryEchoingAsync(front, Clients[number % Clients.Length])));

        var live = all.OfType<TcpPeer>().ToList();
        Assert.Equal(
            Clients.Select(static client => (client, EachClient)),
            live.GroupBy(static peer => peer.Local.Address.ToString()).Select(static group => (group.Key, group.Count())).Order());
        const string rejected = "gateway_tcp_connection_rejected_total";
        await gateway.WaitForMetricAsync(rejected, static v => v == Connections - 30, ("listener", "in"), ("reason", "client_limit"));
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", static v => v == 30);
        Assert.Equal(30, server.Accepted);
        var line = await gateway.WaitForAccessAsync("reason=client_limit", "detail=MaxConnections");
        Assert.Contains("client=127.0.0.1", line.Text, StringComparison.Ordinal);
        Assert.Contains("peer=127.0.0.1:", line.Text, StringComparison.Ordinal);
        Assert.Single(
            gateway.Process.Lines, static text => text.Contains("refuses clients: reason=client_limit", StringComparison.Ordinal));

        // A place that is given back is the client's own.
        var gone = live.First(static peer => peer.Local.Address.ToString() == Clients[1]);
        gone.Dispose();
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", static v => v == 29);
        Assert.Null(await TryEchoingAsync(front, Clients[0]));
        using var next = await TryEchoingAsync(front, Clients[1]);
        Assert.NotNull(next);
        Assert.Null(await TryEchoingAsync(front, Clients[1]));
        live.ForEach(static peer => peer.Dispose());
    }

    [Fact]
    public async Task Connections_OfThreeClientsToHttp_TenOfEachAreServedAndTheOthersAreTold()
    {
        await using var backend = HttpBackend.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", port, backend.Address, new { TrustedProxies = new[] { "127.0.0.1/32" } })
                .Set("Listeners:web:Limits", new { PerClient = new { MaxConnections = EachClient } }));
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front}
                retries 0
                server gateway 127.0.0.1:{port} source 127.0.0.1 send-proxy-v2
            """);

        var all = await Task.WhenAll(Enumerable.Range(0, Connections).Select(number => AskAsync(front, Clients[number % Clients.Length])));

        Assert.Equal(
            Clients.Select(static client => (client, "200", EachClient)),
            all.Where(static one => one.Status == "200").GroupBy(static one => (one.Client, one.Status))
                .Select(static group => (group.Key.Client, group.Key.Status, group.Count())).Order());
        Assert.Equal(Connections - 30, all.Count(static one => one.Status == "429"));
        const string rejected = "gateway_tcp_connection_rejected_total";
        await gateway.WaitForMetricAsync(rejected, static v => v == Connections - 30, ("listener", "web"), ("reason", "client_limit"));
        foreach (var (_, _, peer) in all)
        {
            peer.Dispose();
        }
    }

    private static async Task<(string Client, string Status, TcpPeer Peer)> AskAsync(int port, string client)
    {
        var peer = await TcpPeer.ConnectAsync(port, client);
        await peer.SendAsync("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
        return (client, (await peer.ReadLineAsync()).Split(' ')[1], peer);
    }

    private static async Task<TcpPeer?> TryEchoingAsync(int port, string client)
    {
        TcpPeer? peer = null;
        try
        {
            peer = await TcpPeer.ConnectAsync(port, client);
            await peer.SendAsync("echo");
            return await peer.ReadTextAsync(4) == "echo" ? peer : null;
        }
        catch (Exception refused) when (refused is SocketException or IOException)
        {
            peer?.Dispose();
            return null;
        }
    }
}
