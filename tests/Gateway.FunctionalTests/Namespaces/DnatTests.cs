using System.Net;
using System.Net.Sockets;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>Dnat routes: the kernel forwards, the backend sees the client's own packets.</summary>
public sealed class DnatTests
{
    // Beside the first backend, on a port of its own.
    private static readonly string Spare = new IPEndPoint(GatewayNetwork.BackendV4, 8081).ToString();

    [Fact]
    public async Task Backend_OfADnatRoute_SeesTheClientsAddressAndPort()
    {
        await using var network = await DnatNetwork.CreateAsync();
        network.StartPeerName(0, v6: false);
        network.StartPeerName(0, v6: true);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0), DnatNetwork.BackendAddress(0, v6: true));
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);

        using var four = await network.ConnectAsync();
        using var six = await network.ConnectV6Async();

        Assert.Equal($"{four.Local}", await four.ReadLineAsync());
        Assert.Equal($"{six.Local}", await six.ReadLineAsync());
        Assert.Equal(ConnectionEnd.Fin, await four.WaitForEndAsync());
        await gateway.WaitForMetricAsync("gateway_tcp_connection_opened_total", v => v == 2, ("listener", "in"), ("route", "in"));
        await gateway.WaitForMetricAsync("gateway_forward_connection_opened_total", v => v == 1, ("destination", "in-0"), ("network_type", "ipv4"));
        await gateway.WaitForMetricAsync("gateway_forward_connection_opened_total", v => v == 1, ("destination", "in-1"), ("network_type", "ipv6"));
        // SYN, ACK of the handshake, ACK of the answer; SYN-ACK, answer: the least that a connection needs, in 40 bytes and more each.
        await gateway.WaitForMetricAsync("gateway_forward_received_packets_total", v => v >= 3, ("listener", "in"), ("network_type", "ipv4"));
        await gateway.WaitForMetricAsync("gateway_forward_sent_bytes_total", v => v >= 80, ("destination", "in-1"));
        Assert.Empty(gateway.Complaints());
    }

    [Fact]
    public async Task Destinations_ByWeight_ShareConnections()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var heavy = network.StartBackend(0);
        await using var light = network.StartBackend(1);
        // Longer than the test: the checks are connections, too.
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0), DnatNetwork.BackendAddress(1))
            .Set("TcpProxy:Clusters:in:Destinations:in-0:Weight", 3).Set("TcpProxy:Clusters:in:HealthCheck:Active:Interval", "1h");
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);

        var before = (heavy.Accepted, light.Accepted);
        for (var i = 0; i < 40; i++)
        {
            using var client = await network.ConnectAsync(i % 10);
            Assert.Equal("hello", await DnatNetwork.EchoAsync(client, "hello"));
        }

        Assert.Equal((30, 10), (heavy.Accepted - before.Item1, light.Accepted - before.Item2));
    }

    [Fact]
    public async Task RandomAndPriority_DrawWithinTheLowestTierAndGoOnToTheNext()
    {
        const int Connections = 200;
        await using var network = await DnatNetwork.CreateAsync();
        var first = network.StartBackend(0);
        var second = network.StartBackend(1);
        await using var spare = RecordingTcpServer.StartEcho(IPEndPoint.Parse(Spare), network.Network.Backend);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0), DnatNetwork.BackendAddress(1), Spare)
            .Set("TcpProxy:Clusters:in:LoadBalancingPolicy", "Random").Set("TcpProxy:Clusters:in:Destinations:in-2:Priority", 1);
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);

        // Five standard deviations of a fair draw to either side.
        var (atFirst, atSecond, atSpare) = await ShareAsync(Connections);
        Assert.Equal((Connections, 0), (atFirst + atSecond, atSpare));
        Assert.InRange(atFirst, 65, 135);

        await first.DisposeAsync();
        await Gateway.Testing.Eventually.TrueAsync(() => LeadsToAsync(second), "the first is left out");
        Assert.Equal((0, 20, 0), await ShareAsync(20));

        await second.DisposeAsync();
        await Gateway.Testing.Eventually.TrueAsync(() => LeadsToAsync(spare), "the next tier takes over");
        Assert.Equal((0, 0, 20), await ShareAsync(20));

        await using var again = network.StartBackend(0);
        first = again;
        await Gateway.Testing.Eventually.TrueAsync(() => LeadsToAsync(again), "the first tier is back");
        Assert.Equal((20, 0, 0), await ShareAsync(20));

        async Task<bool> LeadsToAsync(RecordingTcpServer backend)
        {
            var leads = true;
            // Enough that a fair draw among two is told from one.
            for (var i = 0; i < 30 && leads; i++)
            {
                try
                {
                    using var client = await network.ConnectAsync(i % 10);
                    await DnatNetwork.EchoAsync(client, "hello");
                    leads = backend.Remotes.Contains(client.Local);
                }
                catch (Exception problem) when (problem is SocketException or IOException)
                {
                    leads = false;
                }
            }

            return leads;
        }

        async Task<(int First, int Second, int Spare)> ShareAsync(int connections)
        {
            var (atFirst, atSecond, atSpare) = (0, 0, 0);
            for (var i = 0; i < connections; i++)
            {
                using var client = await network.ConnectAsync(i % 10);
                Assert.Equal("hello", await DnatNetwork.EchoAsync(client, "hello"));
                atFirst += first.Remotes.Contains(client.Local) ? 1 : 0;
                atSecond += second.Remotes.Contains(client.Local) ? 1 : 0;
                atSpare += spare.Remotes.Contains(client.Local) ? 1 : 0;
            }

            return (atFirst, atSecond, atSpare);
        }
    }

    [Fact]
    public async Task Affinity_OfTheClientsAddress_HoldsWhenAnotherDestinationDies()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var first = network.StartBackend(0);
        var second = network.StartBackend(1);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0), DnatNetwork.BackendAddress(1))
            .Set("TcpProxy:Clusters:in:SessionAffinity", new { Policy = "ClientAddress" });
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);

        var before = await Homes();
        Assert.Equal(before, await Homes());
        Assert.Contains(true, before);
        Assert.Contains(false, before);

        await second.DisposeAsync();
        await gateway.WaitForMetricAsync("gateway_forward_destinations", v => v == 1);
        Assert.DoesNotContain(false, await Homes());
        await using var again = network.StartBackend(1);
        second = again;
        await gateway.WaitForMetricAsync("gateway_forward_destinations", v => v == 2);
        Assert.Equal(before, await Homes());

        // Whether each of the ten clients is at the first backend.
        async Task<bool[]> Homes()
        {
            var homes = new bool[10];
            for (var i = 0; i < homes.Length; i++)
            {
                using var client = await network.ConnectAsync(i);
                await DnatNetwork.EchoAsync(client, "hello");
                homes[i] = first.Remotes.Contains(client.Local);
                Assert.NotEqual(homes[i], second.Remotes.Contains(client.Local));
            }

            return homes;
        }
    }

    [Fact]
    public async Task Destination_ThatDies_LeavesAndComesBack()
    {
        await using var network = await DnatNetwork.CreateAsync();
        var stays = network.StartBackend(0);
        var goes = network.StartBackend(1);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0), DnatNetwork.BackendAddress(1));
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);
        Assert.Equal(2, (await gateway.MetricsAsync()).Sum("gateway_forward_destinations"));

        await goes.DisposeAsync();
        await gateway.WaitForMetricAsync("gateway_destination_healthy", v => v == 0, ("cluster", "in"), ("destination", "in-1"));
        await gateway.WaitForMetricAsync("gateway_forward_destinations", v => v == 1);
        for (var i = 0; i < 4; i++)
        {
            using var client = await network.ConnectAsync();
            Assert.Equal("hello", await DnatNetwork.EchoAsync(client, "hello"));
        }

        await gateway.Process.WaitForLineAsync(
            static line => LogLevels.IsComplaint(line) && line.Contains("in-1", StringComparison.Ordinal), "the warning");
        await stays.DisposeAsync();
        await gateway.WaitForMetricAsync("gateway_forward_destinations", v => v == 0);
        await TcpPeer.ConnectToTheEndAsync(DnatNetwork.Front, new IPEndPoint(GatewayNetwork.ClientV4, 0), network.Network.Client);
        await gateway.WaitForAccessAsync("no_destination");
        await using var back = network.StartBackend(1);
        await gateway.WaitForMetricAsync("gateway_forward_destinations", v => v == 1);
        using var late = await network.ConnectAsync();
        Assert.Equal("hello", await DnatNetwork.EchoAsync(late, "hello"));
        Assert.Contains(late.Local, back.Remotes);
    }

    [Fact]
    public async Task Reload_UnderLiveConnections_ConcernsNewOnesOnly()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var first = network.StartBackend(0);
        await using var second = network.StartBackend(1);
        await using var sixth = network.StartBackend(1, v6: true);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0));
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);
        using var live = await network.ConnectAsync();
        Assert.Equal("one", await DnatNetwork.EchoAsync(live, "one"));

        // Another destination, and a client that the route leaves to the data plane.
        config.Remove("TcpProxy:Clusters:in:Destinations:in-0").Set("TcpProxy:Clusters:in:Destinations:in-1", new { Address = DnatNetwork.BackendAddress(1) })
            .Set("TcpProxy:Clusters:in:Destinations:in-6", new { Address = DnatNetwork.BackendAddress(1, v6: true) })
            .Route("relayed", new { Listener = "in", ClusterId = "in", Match = new { ClientCidrs = new[] { "192.0.2.15/32" } }, SourceIp = new { Mode = "None" } });
        await gateway.ReloadAsync(config);
        using var fresh = await network.ConnectAsync();
        Assert.Equal("two", await DnatNetwork.EchoAsync(fresh, "two"));
        Assert.Contains(fresh.Local, second.Remotes);
        using var six = await network.ConnectV6Async();
        Assert.Equal("six", await DnatNetwork.EchoAsync(six, "six"));
        Assert.Contains(six.Local, sixth.Remotes);
        using var relayed = await network.ConnectAsync(5);
        Assert.Equal("three", await DnatNetwork.EchoAsync(relayed, "three"));
        Assert.DoesNotContain(relayed.Local, second.Remotes);
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 1, ("route", "relayed"));

        // No Dnat route at all: the connections that the kernel forwards go on.
        await gateway.ReloadAsync(config.Remove("TcpProxy:Routes:in"));
        Assert.Equal("four", await DnatNetwork.EchoAsync(live, "four"));
        Assert.Equal("five", await DnatNetwork.EchoAsync(fresh, "five"));
        Assert.Single(first.Remotes, live.Local);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Packets_WithoutAConnection_TakeNoOtherWay(bool v6)
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0, v6);
        await using var gateway = await GatewayProcess.StartAsync(DnatNetwork.Config(DnatNetwork.BackendAddress(0, v6)), network.Start);
        using var live = v6 ? await network.ConnectV6Async() : await network.ConnectAsync();
        Assert.Equal("hello", await DnatNetwork.EchoAsync(live, "hello"));
        // What a client must not see: a reset of the gateway's host, and packets that nobody translated back.
        var ip = v6 ? "ip6" : "ip";
        await network.Network.Client.RunAsync("nft", "add table inet watch; add chain inet watch in { type filter hook input priority 0; }; add counter inet watch resets; add counter inet watch foreign; "
            + $"add rule inet watch in {ip} saddr {live.Remote.Address} tcp flags & rst == rst counter name resets; add rule inet watch in {ip} saddr {backend.EndPoint.Address} counter name foreign");

        await SendStraysAsync();
        var changes = (await gateway.MetricsAsync()).Sum("gateway_forward_changes_total", ("result", "succeeded"));
        // No packet is on its way meanwhile: the client's would come to a host that does not forward.
        live.AcknowledgeAll();
        await network.NftAsync("flush", "ruleset");
        await gateway.WaitForMetricAsync("gateway_forward_changes_total", v => v > changes, ("result", "succeeded"));
        await SendStraysAsync();

        async Task SendStraysAsync()
        {
            // A combination of flags that conntrack takes for no connection's, each way; and the middle of a stream that it knows nothing of.
            const byte Invalid = RawSegment.Syn | RawSegment.Fin | RawSegment.Ack;
            RawSegment.Send(network.Network.Client, live.Local, live.Remote, Invalid);
            RawSegment.Send(network.Network.Backend, backend.EndPoint, live.Local, Invalid);
            RawSegment.Send(network.Network.Backend, backend.EndPoint, new IPEndPoint(live.Local.Address, 7), RawSegment.Ack);
            // Behind them on the same way, and answered.
            Assert.Equal("still", await DnatNetwork.EchoAsync(live, "still"));
            Assert.DoesNotMatch("packets [1-9]", await network.Network.Client.RunAsync("nft", "list", "counters", "table", "inet", "watch"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_ThatIsTheDestination_MeetsTheFallback(bool v6)
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0, v6);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0, v6)).Set("TcpProxy:Routes:in:SourceIp:Fallback", "None");
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);
        var front = new IPEndPoint(v6 ? GatewayNetwork.GatewayV6 : GatewayNetwork.GatewayV4, DnatNetwork.Port);

        using (var relayed = await TcpPeer.ConnectAsync(front, new IPEndPoint(backend.EndPoint.Address, 0), network.Network.Backend))
        {
            Assert.Equal("hello", await DnatNetwork.EchoAsync(relayed, "hello"));
            Assert.DoesNotContain(relayed.Local, backend.Remotes);
        }

        using var other = v6 ? await network.ConnectV6Async() : await network.ConnectAsync();
        Assert.Equal("hello", await DnatNetwork.EchoAsync(other, "hello"));
        Assert.Contains(other.Local, backend.Remotes);

        await gateway.ReloadAsync(config.Set("TcpProxy:Routes:in:SourceIp:Fallback", "Reject"));
        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(front, new IPEndPoint(backend.EndPoint.Address, 0), network.Network.Backend));
        await gateway.WaitForAccessAsync("source_ip", new IPEndPoint(backend.EndPoint.Address, 0).ToString()[..^1]);
        // The operator is warned of the refusal alone.
        Assert.All(gateway.Complaints(), static line => Assert.Contains("reason=source_ip", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Client_WhomTheKernelCannotForward_MeetsTheFallback()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0));
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);

        // IPv6 to a destination that has IPv4 alone.
        var refused = await TcpPeer.ConnectFromAsync(
            new IPEndPoint(GatewayNetwork.ClientV6, 0), new IPEndPoint(GatewayNetwork.GatewayV6, DnatNetwork.Port), network.Network.Client);
        await gateway.WaitForAccessAsync("source_ip", refused.ToString());

        await gateway.ReloadAsync(config.Set("TcpProxy:Routes:in:SourceIp:Fallback", "None"));
        using var relayed = await network.ConnectV6Async();
        Assert.Equal("hello", await DnatNetwork.EchoAsync(relayed, "hello"));
        Assert.Contains(backend.Remotes, remote => remote.Address.Equals(GatewayNetwork.GatewayInnerV4));
    }
}
