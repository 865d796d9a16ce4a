using System.Net.Sockets;
using System.Text.Json.Nodes;
using Gateway.FunctionalTests.Checks;
using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>What a gateway with Dnat routes asks of its host, and what it leaves behind.</summary>
public sealed class DnatLifeTests
{
    private const int SigKill = 9;

    [Fact]
    public async Task Terminate_WithALiveConnection_DrainsAndRemovesTheTable()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        await using var gateway = await GatewayProcess.StartAsync(DnatNetwork.Config(DnatNetwork.BackendAddress(0)), network.Start);
        using var live = await network.ConnectAsync();
        Assert.Equal("one", await DnatNetwork.EchoAsync(live, "one"));
        using (var answer = await gateway.AdminAsync($"/api/connections?client={live.Local}"))
        {
            var shown = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            var connection = shown["connections"]!.AsArray().Single()!;
            Assert.Equal(1, (int)shown["total"]!);
            Assert.Equal(
                ("dnat", live.Local.ToString(), "in", "in", "in", "in-0"),
                (Text("protocol"), Text("client"), Text("listener"), Text("route"), Text("cluster"), Text("destination")));
            string Text(string member) => (string)connection[member]!;
        }

        gateway.Terminate();
        await gateway.Process.WaitForLineAsync(line => line.Contains("nothing new is taken", StringComparison.Ordinal), "stopped taking");
        // Until the listener's own socket is closed, a moment later, it takes and resets them.
        await Eventually.TrueAsync(() => IsRefusedAsync(network), "connections refused");
        Assert.Equal("two", await DnatNetwork.EchoAsync(live, "two"));
        Assert.False(gateway.Process.HasExited);
        Assert.Contains("table inet gateway_dnat", await network.NftAsync("list", "tables"), StringComparison.Ordinal);

        // The last connection ends, and with it the drain, long before DrainTimeout.
        live.ShutdownSend();
        await live.WaitForEndAsync();
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
        Assert.Equal("", await network.NftAsync("list", "tables"));
    }

    [Fact]
    public async Task Handover_WithALiveConnection_KeepsTheTable()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        using var folder = new TemporaryFolder();
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0))
            .Set("Handover", new { Path = Path.Combine(folder.Path, "handover.sock") });
        await using var old = await GatewayProcess.StartAsync(config, network.Start);
        using var live = await network.ConnectAsync();
        Assert.Equal("one", await DnatNetwork.EchoAsync(live, "one"));

        await using var next = await GatewayProcess.StartAsync(config, network.Start);
        Assert.Equal(0, await old.Process.WaitForExitAsync());

        // The old process has ended, and the kernel forwards by the table of the new process.
        Assert.Contains("chain to/in/in-0/4", await network.NftAsync("list", "table", "inet", "gateway_dnat"), StringComparison.Ordinal);
        Assert.Equal("two", await DnatNetwork.EchoAsync(live, "two"));
        using (var fresh = await network.ConnectAsync())
        {
            Assert.Equal("three", await DnatNetwork.EchoAsync(fresh, "three"));
            Assert.Contains(fresh.Local, backend.Remotes);
        }

        live.ShutdownSend();
        await live.WaitForEndAsync();
        next.Terminate();
        Assert.Equal(0, await next.Process.WaitForExitAsync());
        Assert.Equal("", await network.NftAsync("list", "tables"));
    }

    [Fact]
    public async Task Kill_AndStartAgain_RepairsWithoutTouchingConnections()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var first = network.StartBackend(0);
        await using var second = network.StartBackend(1);
        await using var gateway = await GatewayProcess.StartAsync(DnatNetwork.Config(DnatNetwork.BackendAddress(0)), network.Start);
        using var live = await network.ConnectAsync();
        Assert.Equal("one", await DnatNetwork.EchoAsync(live, "one"));
        gateway.Process.Signal(SigKill);
        await gateway.Process.WaitForExitAsync();

        // The kernel goes on by itself, old rules and all.
        Assert.Contains("chain to/in/in-0/4", await network.NftAsync("list", "table", "inet", "gateway_dnat"), StringComparison.Ordinal);
        using (var meanwhile = await network.ConnectAsync())
        {
            Assert.Equal("two", await DnatNetwork.EchoAsync(meanwhile, "two"));
        }

        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(1)).Set("TcpProxy:Routes:in:SourceIp:Fallback", "None");
        await using (var again = await GatewayProcess.StartAsync(config, network.Start))
        {
            Assert.DoesNotContain(DnatNetwork.BackendAddress(0), await network.NftAsync("list", "table", "inet", "gateway_dnat"), StringComparison.Ordinal);
            using var fresh = await network.ConnectAsync();
            Assert.Equal("three", await DnatNetwork.EchoAsync(fresh, "three"));
            Assert.Contains(fresh.Local, second.Remotes);
            Assert.Equal("four", await DnatNetwork.EchoAsync(live, "four"));

            // Ended at once by the second signal (when it is disposed): even then nothing is left in the kernel.
        }

        Assert.Equal("", await network.NftAsync("list", "tables"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("second")]
    public async Task Kill_AndStartWithAnotherConfiguration_ForwardsNoLonger(string? table)
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0));
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);
        using var live = await network.ConnectAsync();
        Assert.Equal("one", await DnatNetwork.EchoAsync(live, "one"));
        gateway.Process.Signal(SigKill);
        await gateway.Process.WaitForExitAsync();

        // Without a Dnat route, or under another table's name.
        config = table is null ? config.Set("TcpProxy:Routes:in:SourceIp:Mode", "None") : config.Set("TcpProxy:Dnat:Table", table);
        await using (var again = await GatewayProcess.StartAsync(config, network.Start))
        {
            Assert.Equal($"table inet {table ?? "gateway_dnat"}\n", await network.NftAsync("list", "tables"));
            using (var fresh = await network.ConnectAsync())
            {
                Assert.Equal("two", await DnatNetwork.EchoAsync(fresh, "two"));
                Assert.Equal(table is not null, backend.Remotes.Contains(fresh.Local));
            }

            Assert.Equal("three", await DnatNetwork.EchoAsync(live, "three"));
            Assert.Equal(table is not null, again.Complaints().Any(line => line.Contains("gateway_dnat", StringComparison.Ordinal)));
            live.ShutdownSend();
            await live.WaitForEndAsync();
            again.Terminate();
            Assert.Equal(0, await again.Process.WaitForExitAsync());
            Assert.Equal("", await network.NftAsync("list", "tables"));
        }
    }

    [Fact]
    public async Task Check_BesideARunningGateway_LeavesItsTableToIt()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0)).Set("TcpProxy:Dnat:Table", "mine");
        var before = await CheckRun.StartAsync(config, network.Start.Inside);
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);

        var beside = await CheckRun.StartAsync(config, network.Start.Inside);
        var other = await CheckRun.StartAsync(config.Copy().Set("Listeners:in:Address", "*:9001"), network.Start.Inside);

        Assert.Contains("is free", before.The("dnat-table", "TcpProxy:Dnat:Table").What, StringComparison.Ordinal);
        Assert.Equal("ok", beside.The("rights", "TcpProxy:Routes:in:SourceIp:Mode").Severity);
        var table = beside.The("dnat-table", "TcpProxy:Dnat:Table");
        Assert.Equal("ok", table.Severity);
        Assert.Contains("mine is held by a running gateway", table.What, StringComparison.Ordinal);
        Assert.Equal("fail", other.The("dnat-table", "TcpProxy:Dnat:Table").Severity);
    }

    [Fact]
    public async Task Table_RemovedBySomebody_IsMadeAnew()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        await using var gateway = await GatewayProcess.StartAsync(DnatNetwork.Config(DnatNetwork.BackendAddress(0)), network.Start);

        await network.NftAsync("flush", "ruleset");
        await gateway.MetricsAsync();
        await gateway.Process.WaitForLineAsync(line => line.Contains("made anew", StringComparison.Ordinal), "table missed");
        await Eventually.TrueAsync(async () => (await network.NftAsync("list", "tables")).Contains("gateway", StringComparison.Ordinal), "table restored");
        using var client = await network.ConnectAsync();
        Assert.Equal("hello", await DnatNetwork.EchoAsync(client, "hello"));
        Assert.Contains(client.Local, backend.Remotes);
    }

    [Fact]
    public async Task ReturnRoute_Missing_IsWarnedAbout()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        await using var gateway = await GatewayProcess.StartAsync(DnatNetwork.Config(DnatNetwork.BackendAddress(0)), network.Start);
        // One connection that was answered says nothing of those that follow.
        using (var answered = await network.ConnectAsync())
        {
            Assert.Equal("hello", await DnatNetwork.EchoAsync(answered, "hello"));
        }

        await network.RemoveReturnRouteAsync();

        var attempts = Enumerable.Range(0, 5).Select(client => network.ConnectAsync(client, TimeSpan.FromSeconds(1))).ToArray();
        await gateway.WaitForMetricAsync("gateway_forward_received_packets_total", v => v >= 5);

        await gateway.Process.WaitForLineAsync(line => line.Contains("not answered", StringComparison.Ordinal) && line.Contains("in-0", StringComparison.Ordinal), "warning");
        // The health check comes from the gateway's own address: it says nothing of this.
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_destination_healthy"));
        foreach (var attempt in attempts)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempt);
        }
    }

    [Fact]
    public async Task ReturnRoute_MissingAtStart_IsWarnedAboutWithTheCure()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        await using var backend6 = network.StartBackend(1, v6: true);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0), DnatNetwork.BackendAddress(1, v6: true));
        var there = await CheckRun.StartAsync(config, network.Start.Inside);
        Assert.Equal(2, there.Findings.Count(finding => finding is { Check: "return-path", Severity: "ok" }));
        Assert.Contains(backend.Remotes, remote => remote.Address.ToString() == "203.0.113.1");
        Assert.Contains(backend6.Remotes, remote => remote.Address.ToString() == "2001:db8::1");
        Assert.Equal("", await network.NftAsync("list", "tables"));

        await network.RemoveReturnRouteAsync();
        await using var gateway = await GatewayProcess.StartAsync(config.Set("Checks:AtStart", "Host"), network.Start);

        await gateway.Process.WaitForLineAsync(
            line => line.Contains("return-path", StringComparison.Ordinal) && line.Contains(DnatNetwork.BackendAddress(0), StringComparison.Ordinal)
                && line.Contains("on the backend ip route replace default via", StringComparison.Ordinal),
            "warning");
        await gateway.Process.WaitForLineAsync(line => line.Contains("Self-test:", StringComparison.Ordinal), "self-test done");
        Assert.DoesNotContain(gateway.Complaints(), line => line.Contains(DnatNetwork.BackendAddress(1, v6: true), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Firewall_ThatDropsForwardedPackets_IsNamedRatherThanTheReturnRoute()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        await network.NftAsync("add table inet fw; add chain inet fw fence { type filter hook forward priority 0; policy drop; }");
        await network.InGatewayAsync("sysctl", "-qw", "net.ipv4.conf.gb.forwarding=0");
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0));
        var check = await CheckRun.StartAsync(config, network.Start.Inside);
        await using var gateway = await GatewayProcess.StartAsync(config, network.Start);

        var attempts = Enumerable.Range(0, 5).Select(client => network.ConnectAsync(client, TimeSpan.FromSeconds(1))).ToArray();
        var warning = await gateway.Process.WaitForLineAsync(line => line.Contains("were dropped on this host", StringComparison.Ordinal), "warning");
        Assert.Contains("net.ipv4.conf.gb.forwarding is 0; the chain inet fw fence", warning, StringComparison.Ordinal);
        foreach (var attempt in attempts)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempt);
        }

        // The cures that the check names are what helps.
        var cures = check.Findings.Where(finding => finding.Check == "forwarding").Select(finding => finding.Cure).ToList();
        Assert.Equal(2, cures.Count);
        foreach (var cure in cures)
        {
            await network.InGatewayAsync(cure[..cure.IndexOfAny([',', '('])].Trim().Split(' '));
        }

        using var client = await network.ConnectAsync();
        Assert.Equal("hello", await DnatNetwork.EchoAsync(client, "hello"));
        Assert.All((await CheckRun.StartAsync(config, network.Start.Inside)).Findings.Where(finding => finding.Check == "forwarding"), finding => Assert.Equal("ok", finding.Severity));
    }

    [Fact]
    public async Task Masquerading_OfForwardedConnections_IsCountedAndWarnedAbout()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        await network.NftAsync("add table ip docker; add chain ip docker post { type nat hook postrouting priority 100; }; add rule ip docker post masquerade");
        await using var gateway = await GatewayProcess.StartAsync(DnatNetwork.Config(DnatNetwork.BackendAddress(0)), network.Start);

        using var client = await network.ConnectAsync();
        Assert.Equal("hello", await DnatNetwork.EchoAsync(client, "hello"));
        Assert.DoesNotContain(client.Local, backend.Remotes);
        var rewritten = await gateway.WaitForMetricAsync("gateway_forward_source_rewritten_total", v => v >= 1, ("listener", "in"), ("network_type", "ipv4"));
        await gateway.Process.WaitForLineAsync(line => line.Contains("masquerade", StringComparison.Ordinal), "warning");

        await network.NftAsync("insert rule ip docker post ct status dnat accept");
        using var kept = await network.ConnectAsync(1);
        Assert.Equal("hello", await DnatNetwork.EchoAsync(kept, "hello"));
        Assert.Contains(kept.Local, backend.Remotes);
        Assert.Equal(rewritten, (await gateway.MetricsAsync()).Sum("gateway_forward_source_rewritten_total"));
    }

    [Fact]
    public async Task TwoGateways_OnOneHost_NeedTablesOfTheirOwn()
    {
        await using var network = await DnatNetwork.CreateAsync();
        await using var backend = network.StartBackend(0);
        await using var gateway = await GatewayProcess.StartAsync(DnatNetwork.Config(DnatNetwork.BackendAddress(0)), network.Start);

        var other = DnatNetwork.Config(DnatNetwork.BackendAddress(0)).Set("Listeners:in:Address", "*:9001");
        var refused = await GatewayProcess.RunToEndAsync(other, network.Start);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("TcpProxy:Dnat:Table", refused.Output, StringComparison.Ordinal);

        await using (var second = await GatewayProcess.StartAsync(other.Set("TcpProxy:Dnat:Table", "second"), network.Start))
        {
            Assert.Contains("table inet second", await network.NftAsync("list", "tables"), StringComparison.Ordinal);
        }

        Assert.Equal("table inet gateway_dnat\n", await network.NftAsync("list", "tables"));
        using var client = await network.ConnectAsync();
        Assert.Equal("hello", await DnatNetwork.EchoAsync(client, "hello"));
    }

    [Fact]
    public async Task Host_ThatCannotForward_IsRefusedWithTheCure()
    {
        await using var network = await DnatNetwork.CreateAsync(forwards: false);
        var config = DnatNetwork.Config(DnatNetwork.BackendAddress(0), DnatNetwork.BackendAddress(0, v6: true));

        var off = await GatewayProcess.RunToEndAsync(config, network.Start);
        var unprivileged = await GatewayProcess.RunToEndAsync(
            config, network.Start with { Prefix = [DebianPeer.Require("setpriv"), "--bounding-set=-net_admin", "--inh-caps=-net_admin"] });

        Assert.Equal((1, 1), (off.ExitCode, unprivileged.ExitCode));
        Assert.Contains("sysctl -w net.ipv4.ip_forward=1", off.Output, StringComparison.Ordinal);
        Assert.Contains("sysctl -w net.ipv6.conf.all.forwarding=1", off.Output, StringComparison.Ordinal);
        Assert.Contains("TcpProxy:Routes:in", off.Output, StringComparison.Ordinal);
        Assert.Contains("NET_ADMIN", unprivileged.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", off.Output + unprivileged.Output, StringComparison.Ordinal);
        Assert.Equal("", await network.NftAsync("list", "tables"));
    }

    private static async Task<bool> IsRefusedAsync(DnatNetwork network)
    {
        try
        {
            using var client = await network.ConnectAsync();
            return false;
        }
        catch (SocketException problem)
        {
            return problem.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
