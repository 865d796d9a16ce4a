using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>Transparent mode to a backend on another host.</summary>
public sealed class TransparentTests
{
    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var engine in new[] { Engines.Linux, Engines.Portable })
            {
                foreach (var port in new[] { "Ephemeral", "Client" })
                {
                    data.Add(engine, port, engine == Engines.Linux ? "nft" : "rule");
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Backend_OnAnotherHost_SeesTheClient(string engine, string sourcePort, string recipe)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await (recipe == "nft" ? network.ReturnByNftAsync() : network.ReturnByRuleAsync(8080));
        await using var backend4 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);
        await using var backend6 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV6, 8080), inside: network.Backend);
        var sourceIp = new { Mode = "Transparent", Port = sourcePort };
        var config = new ConfigFile().Set("TcpProxy:Engine", engine)
            .AddTcp("four", 9000, backend4.Address, sourceIp, address: $"{GatewayNetwork.GatewayV4}")
            .AddTcp("six", 9000, backend6.Address, sourceIp, address: $"[{GatewayNetwork.GatewayV6}]");
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway });

        foreach (var (address, listener, backend) in new[]
        {
            (GatewayNetwork.ClientV4, GatewayNetwork.GatewayV4, backend4), (GatewayNetwork.ClientV6, GatewayNetwork.GatewayV6, backend6),
        })
        {
            using var client = await TcpPeer.ConnectAsync(new IPEndPoint(listener, 9000), new IPEndPoint(address, 0), network.Client);
            using var accepted = await backend.NextAsync();

            Assert.Equal(address, accepted.Remote.Address);
            if (sourcePort == "Client")
            {
                Assert.Equal(client.Local.Port, accepted.Remote.Port);
            }

            var receiving = ChecksummedData.ReceiveAsync(accepted);
            var sent = await ChecksummedData.SendAsync(client, 1, 2_000_000);
            client.ShutdownSend();
            Assert.Equal((2_000_000L, sent), await receiving);
            await accepted.SendAsync("done");
            Assert.Equal("done", await client.ReadTextAsync(4));
        }

        await gateway.WaitForMetricAsync("gateway_transparent_connect_total", v => v == 2);
    }

    [Fact]
    public async Task Client_NamedByTheLoadBalancer_IsWhatTheBackendSees()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.ReturnByNftAsync();
        await using var backend = RecordingTcpServer.StartPeerName(new IPEndPoint(GatewayNetwork.BackendV4, 8080), network.Backend);
        var config = new ConfigFile().AddTcp(
            "in", 9000, backend.Address, new { Mode = "Transparent", Port = "Client" }, new { TrustedProxies = new[] { "192.0.2.19/32" } }, $"{GatewayNetwork.GatewayV4}");
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway });

        using var balancer = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV4, 9000), new IPEndPoint(IPAddress.Parse("192.0.2.19"), 0), network.Client);
        await balancer.SendAsync(WireHeader.V2("203.0.113.7:5555", "192.0.2.1:9000"));

        Assert.Equal("203.0.113.7:5555", await balancer.ReadLineAsync());
    }

    [Fact]
    public async Task ReturnRoute_Missing_IsAConnectTimeoutWithItsReason()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);
        var config = new ConfigFile().AddTcp("in", 9000, backend.Address, new { Mode = "Transparent" }, address: $"{GatewayNetwork.GatewayV4}")
            .Set("TcpProxy:Clusters:in:ConnectTimeout", "1s");
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway });

        using var client = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV4, 9000), new IPEndPoint(GatewayNetwork.ClientV4, 0), network.Client);
        await client.WaitForEndAsync();

        await gateway.WaitForAccessAsync(client.Local.ToString(), "timeout");
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Rights_Missing_StartFailsAndNamesTheCure(string engine)
    {
        Rights.RequireTransparent();
        var setpriv = Testing.Peers.DebianPeer.Require("setpriv");
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, "127.0.0.1:9", new { Mode = "Transparent" }).Set("TcpProxy:Engine", engine);

        var result = await GatewayProcess.RunToEndAsync(
            config, new GatewayStart { Prefix = [setpriv, "--bounding-set=-net_raw,-net_admin", "--inh-caps=-net_raw,-net_admin"] });

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("CAP_NET_RAW", result.Output, StringComparison.Ordinal);
        Assert.Contains("TcpProxy:Routes:in", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rights_OnlyNetRaw_AreEnough()
    {
        Rights.RequireTransparent();
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, backend.Address, new { Mode = "Transparent" }),
            new GatewayStart { Prefix = [Testing.Peers.DebianPeer.Require("setpriv"), "--bounding-set=-all,+net_raw"] });

        using var client = await TcpPeer.ConnectAsync(port, "127.0.0.5");
        using var accepted = await backend.NextAsync();

        Assert.Equal("127.0.0.5", accepted.Remote.Address.ToString());
    }
}
