using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>Which destination, and which address of a name, gets a new connection.</summary>
public sealed class BalancingTests
{
    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task LeastRequests_AThirdRedisJoins_GetsNewConnectionsUntilAllHaveAsMany(string engine)
    {
        await using var first = await RedisPeer.StartAsync();
        await using var second = await RedisPeer.StartAsync();
        await using var third = await RedisPeer.StartAsync();
        var port = FreePorts.Next();
        var config = Configured(port, engine, "LeastRequests", $"127.0.0.1:{first.Port}", $"127.0.0.1:{second.Port}");
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var clients = new Clients(port, ask: "PING\r\n", answer: "+PONG\r\n");

        await clients.ConnectAsync(20);
        Assert.Equal("10, 10, 0", await CountAsync(first, second, third));

        await gateway.ReloadAsync(config.Cluster("in", $"127.0.0.1:{first.Port}", $"127.0.0.1:{second.Port}", $"127.0.0.1:{third.Port}"));
        await clients.ConnectAsync(10);
        Assert.Equal("10, 10, 10", await CountAsync(first, second, third));

        await clients.ConnectAsync(30);
        Assert.Equal("20, 20, 20", await CountAsync(first, second, third));
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task LeastRequests_AHeadlessService_ANewPodGetsItsShareAndADeadOneNone(string engine)
    {
        using var folder = new TemporaryFolder();
        var hosts = folder.Write("hosts", Hosts(2, 3));
        string[] prefix =
        [
            DebianPeer.Require("unshare"), "--map-root-user", "--mount", "sh", "-c",
            $"mount --bind {hosts} /etc/hosts && exec \"$@\"", "sh",
        ];
        await using var two = RecordingTcpServer.StartEcho(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        await using var three = RecordingTcpServer.StartEcho(new IPEndPoint(IPAddress.Parse("127.0.0.3"), two.Port));
        var four = RecordingTcpServer.StartEcho(new IPEndPoint(IPAddress.Parse("127.0.0.4"), two.Port));
        var port = FreePorts.Next();
        var config = Configured(port, engine, "LeastRequests", $"pods.example.test:{two.Port}")
            .Set("TcpProxy:Clusters:in:HealthCheck:Passive:Failures", 2);
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Prefix = prefix });
        using var clients = new Clients(port);

        await clients.ConnectAsync(10);
        Assert.Equal((5, 5, 0), (two.Accepted, three.Accepted, four.Accepted));

        await File.WriteAllTextAsync(hosts, Hosts(2, 3, 4));
        await Eventually.TrueAsync(
            async () =>
            {
                await clients.ConnectAsync(1);
                return four.Accepted > 0;
            },
            "the new address is used");
        var most = Math.Max(two.Accepted, three.Accepted);
        await clients.ConnectAsync((3 * most) - two.Accepted - three.Accepted - four.Accepted);
        Assert.Equal((most, most, most), (two.Accepted, three.Accepted, four.Accepted));

        // Its connections end with it, so it has the fewest, and is asked first until two connects have failed.
        await four.DisposeAsync();
        await clients.ConnectAsync(10);
        Assert.Equal((most + 5, most + 5), (two.Accepted, three.Accepted));
        var metrics = await gateway.MetricsAsync();
        Assert.Equal(2, metrics.Sum("gateway_destination_connect_duration_seconds_count", ("error_type", "refused")));
        Assert.Equal(0, metrics.Sum("gateway_destination_failing"));
    }

    [Fact]
    public async Task Priority_ThePrimaryEndsAndComesBack_TheOtherServesMeanwhile()
    {
        var primary = RecordingTcpServer.StartEcho();
        await using var other = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        var config = Configured(port, "Auto", "RoundRobin", other.Address, primary.Address)
            .Set("TcpProxy:Clusters:in:Destinations:in-0:Priority", 1)
            .Set("TcpProxy:Clusters:in:HealthCheck:Passive:EjectionTime", "1s");
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var clients = new Clients(port);
        await clients.ConnectAsync(10);
        Assert.Equal((10, 0), (primary.Accepted, other.Accepted));

        await primary.DisposeAsync();
        await clients.ConnectAsync(10);
        Assert.Equal(10, other.Accepted);

        await using var back = RecordingTcpServer.StartEcho(primary.EndPoint);
        await Eventually.TrueAsync(
            async () =>
            {
                using var visitor = new Clients(port);
                await visitor.ConnectAsync(1);
                return back.Accepted > 0;
            },
            "the primary is back");
        var (atPrimary, atOther) = (back.Accepted, other.Accepted);
        await clients.ConnectAsync(10);
        Assert.Equal((atPrimary + 10, atOther), (back.Accepted, other.Accepted));
    }

    private static ConfigFile Configured(int port, string engine, string policy, params string[] addresses) => new ConfigFile()
        .Listener("in", $"127.0.0.1:{port}", "Tcp")
        .Route("in", new { Listener = "in", ClusterId = "in", SourceIp = new { Mode = "None" } })
        .Set("TcpProxy:Clusters:in:LoadBalancingPolicy", policy)
        .Cluster("in", addresses)
        .Set("TcpProxy:Engine", engine);

    private static string Hosts(params int[] hosts) =>
        "127.0.0.1 localhost\n" + string.Concat(hosts.Select(static host => $"127.0.0.{host} pods.example.test\n"));

    // Without the connection of redis-cli itself.
    private static async Task<string> CountAsync(params RedisPeer[] peers) =>
        string.Join(", ", await Task.WhenAll(peers.Select(static async peer =>
            (await RedisPeer.CliAsync(peer.Port, "CLIENT", "LIST")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length - 1)));

    /// <summary>Clients that stay, each served before the next comes.</summary>
    private sealed class Clients(int port, string ask = "hello", string answer = "hello") : IDisposable
    {
        private readonly List<TcpPeer> _peers = [];

        public async Task ConnectAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var peer = await TcpPeer.ConnectAsync(port);
                _peers.Add(peer);
                await peer.SendAsync(ask);
                Assert.Equal(answer, await peer.ReadTextAsync(answer.Length));
            }
        }

        public void Dispose() => _peers.ForEach(static peer => peer.Dispose());
    }
}
