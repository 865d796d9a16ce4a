using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>
/// The gateway in a pod's network namespace, before (inbound) or behind (outbound) an application that knows nothing of it. The pod is the
/// gateway's namespace of <see cref="GatewayNetwork"/>; what diverts connections is installed by <c>Gateway redirect</c> alone.
/// </summary>
public sealed class InterceptTests
{
    private const int AppPort = 8080;

    [Theory]
    [InlineData("TProxy", "nft", "Linux")]
    [InlineData("TProxy", "iptables", "Portable")]
    [InlineData("Redirect", "nft", "Portable")]
    [InlineData("Redirect", "iptables", "Linux")]
    public async Task Inbound_ApplicationInTheSamePod_SeesTheClient(string intercept, string rules, string engine)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        // Without ports: whatever servers listen on.
        var config = InboundConfig(intercept).Remove("TcpProxy:Routes:in:Match").Set("TcpProxy:Engine", engine);
        var pod = new Pod(network, config, rules);
        var before = await pod.RulesAsync();
        await pod.RedirectAsync("apply");
        await using var app4 = RecordingTcpServer.Start(
            endPoint: new IPEndPoint(GatewayNetwork.GatewayV4, AppPort),
            inside: network.Gateway);
        await using var app6 = RecordingTcpServer.Start(
            endPoint: new IPEndPoint(GatewayNetwork.GatewayV6, AppPort),
            inside: network.Gateway);
        await using var gateway = await pod.StartGatewayAsync();

        foreach (var (from, to, app) in new[]
            {
                (GatewayNetwork.ClientV4, GatewayNetwork.GatewayV4, app4),
                (GatewayNetwork.ClientV6, GatewayNetwork.GatewayV6, app6),
            })
        {
            using var client = await TcpPeer.ConnectAsync(new IPEndPoint(to, AppPort), new IPEndPoint(from, 0), network.Client);
            using var accepted = await app.NextAsync();
            Assert.Equal(from, accepted.Remote.Address);
            Assert.NotEqual(client.Local.Port, accepted.Remote.Port);

            var receiving = ChecksummedData.ReceiveAsync(accepted);
            var sent = await ChecksummedData.SendAsync(client, 1, 500_000);
            client.ShutdownSend();
            Assert.Equal((500_000L, sent), await receiving);
            await accepted.SendAsync("done");
            Assert.Equal("done", await client.ReadTextAsync(4));
            accepted.ShutdownSend();
            await gateway.WaitForAccessAsync(
                client.Local.ToString(),
                "client_fin",
                $"to:{new IPEndPoint(to, AppPort)}",
                "destination=original");
        }

        // Nobody may ask for the listener itself: it would connect to itself.
        await ConnectToBeResetAsync(new IPEndPoint(GatewayNetwork.GatewayV4, Pod.ListenerPort), network.Client);
        await gateway.WaitForAccessAsync("reason=original_destination", $"detail=to:{GatewayNetwork.GatewayV4}:{Pod.ListenerPort}");

        var applied = await pod.RulesAsync();
        Assert.NotEqual(before, applied);
        if (intercept == "TProxy")
        {
            await pod.RedirectAsync("apply");
            Assert.Equal(applied, await pod.RulesAsync());
        }

        await pod.RedirectAsync("remove");
        Assert.Equal(before, await pod.RulesAsync());

        // Now the application is asked itself.
        using var last = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV4, AppPort),
            new IPEndPoint(GatewayNetwork.ClientV4, 0),
            network.Client);
        using var plain = await app4.NextAsync();
        Assert.Equal(last.Local, plain.Remote);
    }

    [Fact]
    public async Task Inbound_ApplicationOnLoopbackOnly_SeesTheClientAndItsPort()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var config = InboundConfig("TProxy").Set("TcpProxy:Clusters:app:Type", "OriginalPort")
            .Set("TcpProxy:Routes:in:SourceIp:Port", "Client").Set("Listeners:in:Capture:ExcludeCidrs", new[] { "192.0.2.19/32" });
        var pod = new Pod(network, config, "nft");
        await pod.RedirectAsync("apply");
        await using var app = RecordingTcpServer.Start(endPoint: new IPEndPoint(IPAddress.Loopback, AppPort), inside: network.Gateway);
        await using var app6 = RecordingTcpServer.Start(endPoint: new IPEndPoint(IPAddress.IPv6Loopback, AppPort), inside: network.Gateway);
        await using var outer = RecordingTcpServer.Start(
            endPoint: new IPEndPoint(GatewayNetwork.GatewayV4, AppPort),
            inside: network.Gateway);
        await using var gateway = await pod.StartGatewayAsync();

        using var client = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV4, AppPort),
            new IPEndPoint(GatewayNetwork.ClientV4, 0),
            network.Client);
        using var accepted = await app.NextAsync();
        Assert.Equal(client.Local, accepted.Remote);
        await accepted.SendAsync("hello");
        Assert.Equal("hello", await client.ReadTextAsync(5));
        using var client6 = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV6, AppPort),
            new IPEndPoint(GatewayNetwork.ClientV6, 0),
            network.Client);
        using var accepted6 = await app6.NextAsync();
        Assert.Equal(client6.Local, accepted6.Remote);

        // A client that is left alone reaches the pod's own address, and is answered.
        using var excluded = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV4, AppPort), new IPEndPoint(IPAddress.Parse("192.0.2.19"), 0), network.Client);
        using var direct = await outer.NextAsync();
        Assert.Equal(excluded.Local, direct.Remote);
    }

    [Theory]
    [InlineData("nft", "Linux")]
    [InlineData("iptables", "Portable")]
    public async Task Outbound_BackendThatTakesProxyHeaders_LearnsWhoCalled(string rules, string engine)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var config = new ConfigFile()
            .Set("TcpProxy:Engine", engine)
            .Listener("out", $"*:{Pod.ListenerPort}", "Tcp")
            .Set("Listeners:out:Intercept", "Redirect")
            .Set("Listeners:out:Capture", new { Direction = "Outbound", ExcludePorts = new[] { 22 } })
            .Route(
                "out",
                new
                {
                    Listener = "out",
                    ClusterId = "any",
                    Match = new { DestinationPorts = new object[] { "1-9999" } },
                    SourceIp = new { Mode = "ProxyProtocol", Mark = 99 },
                })
            .Set(
                "TcpProxy:Clusters:any",
                new { Type = "OriginalDestination", AllowedDestinations = new[] { "198.51.100.0/24", "2001:db8:b::/64" } });
        var pod = new Pod(network, config, rules);
        await pod.RedirectAsync("apply");
        await using var gateway = await pod.StartGatewayAsync();

        foreach (var address in new[] { GatewayNetwork.BackendV4, GatewayNetwork.BackendV6 })
        {
            var endPoint = new IPEndPoint(address, 9000);
            await using var backend = RecordingTcpServer.Start(endPoint: endPoint, inside: network.Backend);
            using var app = await TcpPeer.ConnectAsync(endPoint, inside: network.Gateway);
            await app.SendAsync("hello");
            using var accepted = await backend.NextAsync();

            var header = await WireHeader.ReadAsync(accepted);
            Assert.Equal((app.Local, endPoint), (header.Source, header.Destination));
            Assert.Equal("hello", await accepted.ReadTextAsync(5));
            await accepted.SendAsync("world");
            Assert.Equal("world", await app.ReadTextAsync(5));
        }

        // Not in AllowedDestinations.
        await ConnectToBeResetAsync(new IPEndPoint(GatewayNetwork.ClientV4, 9000), network.Gateway);
        await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", v => v == 1, ("reason", "original_destination"));
    }

    /// <summary>With one event loop, which accepts the gateway's own connection before it has noticed the end of its dial, and with some.</summary>
    [Theory]
    [InlineData("0")]
    [InlineData("0-1023")]
    public async Task Outbound_RulesThatCaptureTheGatewayItself_EndInsteadOfRunningInCircles(string processors)
    {
        var taskset = DebianPeer.Require("taskset");
        await using var network = await GatewayNetwork.CreateAsync();
        // The gateway runs as root, and the rules leave somebody else alone.
        var config = new ConfigFile().Listener("out", $"*:{Pod.ListenerPort}", "Tcp").Set("Listeners:out:Intercept", "Redirect")
            .Set("Listeners:out:Capture", new { Direction = "Outbound", ExcludeUids = new[] { 4711 } })
            .Route("out", new { Listener = "out", ClusterId = "any", SourceIp = new { Mode = "None" } })
            .Set("TcpProxy:Clusters:any", new { Type = "OriginalDestination", AllowedDestinations = new[] { "198.51.100.0/24" } });
        var pod = new Pod(network, config, "nft");
        await pod.RedirectAsync("apply");
        await using var gateway = await pod.StartGatewayAsync(taskset, "--cpu-list", processors);

        await ConnectToBeResetAsync(new IPEndPoint(GatewayNetwork.BackendV4, 9000), network.Gateway);

        await gateway.WaitForAccessAsync("reason=original_destination");
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 0);
        // Another loop may accept a connection before its dial has ended, so a busy machine takes some rounds (21 were seen); a circle
        // takes thousands.
        Assert.InRange((await gateway.MetricsAsync()).Sum("gateway_tcp_connection_opened_total"), 1, 1000);
    }

    [Theory]
    [InlineData("nft", "0")]
    [InlineData("iptables", "1")]
    public async Task Show_AsAScript_InstallsWhatApplyInstalls(string rules, string ipv6Off)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        (
            await ProcessRunner.RunAsync([
                .. network.Gateway.CommandPrefix,
                "sh",
                "-c",
                $"echo {ipv6Off} > /proc/sys/net/ipv6/conf/all/disable_ipv6",
            ])
        ).RequireSuccess();
        var pod = new Pod(
            network,
            InboundConfig("TProxy").Set("Listeners:in:Capture:ExcludeCidrs", new[] { "10.0.0.0/8", "2001:db8:f::/48" }),
            rules);
        var before = await pod.RulesAsync();

        await pod.RedirectAsync("apply");
        var applied = await pod.RulesAsync();
        Assert.NotEqual(before, applied);
        var script = await pod.RedirectAsync("show");
        Assert.Equal(applied, await pod.RulesAsync());
        Assert.Contains("rule: 2330: from all fwmark 0x922", script, StringComparison.Ordinal);
        await pod.RedirectAsync("remove");

        foreach (var turn in new[] { "once", "twice" })
        {
            (await ProcessRunner.RunAsync([.. network.Gateway.CommandPrefix, "sh", "-s"], script)).RequireSuccess();
            Assert.Equal($"{turn}\n{applied}", $"{turn}\n{await pod.RulesAsync()}");
        }
    }

    [Fact]
    public async Task Apply_ThatFails_LeavesWhatWasThere()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        DebianPeer.Require("iptables");
        var pod = new Pod(network, InboundConfig("TProxy"), "nft");
        await pod.RedirectAsync("apply");
        var before = await pod.RulesAsync();
        var other = new Pod(network, InboundConfig("TProxy").Set("TcpProxy:Routes:in:Match:DestinationPorts", new[] { 7000 }), "nft");
        using var folder = new TemporaryFolder();

        // One that refuses the plan when it is asked, one that does so after all when it is to install it, and none.
        foreach (var (nft, says) in new[]
            {
                ("exit 1", "nft -c -f -"),
                ("[ \"$1\" = -f ] && [ ! -e once ] && : > once && exit 1; exec REAL \"$@\"", "is there again"),
                ("", "nft is not installed"),
            })
        {
            // In place of /usr/sbin, where they are looked for, for this one process.
            var programs = Directory.CreateDirectory(Path.Combine(folder.Path, $"bin{nft.Length}")).FullName;
            foreach (var name in new[] { "ip", "iptables-save", "ip6tables-save" })
            {
                File.Copy(DebianPeer.Find(name)!, Path.Combine(programs, name));
            }

            if (nft.Length > 0)
            {
                var real = Path.Combine(programs, "real-nft");
                File.Copy(DebianPeer.Require("nft"), real);
                await WriteScriptAsync(
                    Path.Combine(programs, "nft"),
                    $"cd {folder.Path}\n{nft.Replace("REAL", "/usr/sbin/real-nft", StringComparison.Ordinal)}");
            }

            var failed = await other.TryRedirectAsync(
                "apply",
                prefix: ["unshare", "-m", "sh", "-c", "mount --bind \"$0\" /usr/sbin && exec \"$@\"", programs]);

            Assert.Equal(1, failed.ExitCode);
            Assert.Contains(says, failed.Output, StringComparison.Ordinal);
            Assert.Equal(before, await pod.RulesAsync());
        }
    }

    [Fact]
    public async Task Apply_ProgramsInTheWorkingDirectoryAndInPath_AreNotRun()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var pod = new Pod(network, InboundConfig("TProxy"), "nft");
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "ip", "nft", "iptables-save", "ip6tables-save", "iptables-restore" })
        {
            await WriteScriptAsync(Path.Combine(folder.Path, name), $": > {folder.Path}/trapped");
        }

        (
            await pod.TryRedirectAsync(
                "apply",
                new Dictionary<string, string> { ["PATH"] = $".:{folder.Path}" },
                workingDirectory: folder.Path)
        ).RequireSuccess();

        Assert.False(File.Exists(Path.Combine(folder.Path, "trapped")));
        Assert.Contains("gateway_redirect", await pod.RulesAsync(), StringComparison.Ordinal);
    }

    /// <summary>Addresses that are this host's by routing alone: a subnet's second one, as keepalived and clouds give them.</summary>
    [Theory]
    [InlineData("Linux")]
    [InlineData("Portable")]
    public async Task Inbound_SecondAddressOfASubnet_IsTheHostsOwn(string engine)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.Gateway.RunAsync("ip", "addr", "add", "192.0.2.2/24", "dev", "gc");
        await network.Gateway.RunAsync("ip", "addr", "add", "2001:db8:c::2/64", "dev", "gc", "nodad");
        var pod = new Pod(network, InboundConfig("TProxy").Set("TcpProxy:Engine", engine), "nft");
        await pod.RedirectAsync("apply");
        await using var gateway = await pod.StartGatewayAsync();

        foreach (var (from, to) in new[] { (GatewayNetwork.ClientV4, "192.0.2.2"), (GatewayNetwork.ClientV6, "2001:db8:c::2") })
        {
            var address = new IPEndPoint(IPAddress.Parse(to), AppPort);
            await using var app = RecordingTcpServer.Start(endPoint: address, inside: network.Gateway);
            using var client = await TcpPeer.ConnectAsync(address, new IPEndPoint(from, 0), network.Client);
            using var accepted = await app.NextAsync();
            Assert.Equal(from, accepted.Remote.Address);
        }
    }

    [Fact]
    public async Task Apply_PortsOfOwnConnections_IsRefusedWithTheCure()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await InPodAsync(network, "sysctl", "-qw", "net.ipv4.ip_local_port_range=8000 60999");
        var pod = new Pod(network, InboundConfig("TProxy"), "nft");
        var before = await pod.RulesAsync();

        var refused = await pod.TryRedirectAsync("apply");
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal(before, await pod.RulesAsync());
        const string Cure = "sysctl -w net.ipv4.ip_local_reserved_ports=8080";
        Assert.Contains(Cure, refused.Output, StringComparison.Ordinal);

        await InPodAsync(network, Cure.Split(' '));
        await pod.RedirectAsync("apply");
    }

    [Theory]
    [InlineData("nft")]
    [InlineData("iptables")]
    public async Task Remove_AfterIPv6WasSwitchedOff_LeavesNothing(string rules)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var pod = new Pod(network, InboundConfig("TProxy"), rules);
        var before = await pod.RulesAsync();
        await pod.RedirectAsync("apply");
        await InPodAsync(network, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");

        Assert.Contains("ip -6 rule: 2330", await pod.RedirectAsync("show"), StringComparison.Ordinal);
        await pod.RedirectAsync("remove");

        Assert.Equal(before, await pod.RulesAsync());
    }

    [Theory]
    [InlineData("nft", "iptables")]
    [InlineData("iptables", "nft")]
    public async Task Script_OfOneBackend_RemovesTheOthersRules(string first, string second)
    {
        await using var network = await GatewayNetwork.CreateAsync();
        var config = InboundConfig("TProxy");
        await new Pod(network, config, second).RedirectAsync("apply");
        var pod = new Pod(network, config, second);
        var wanted = await pod.RulesAsync();
        await new Pod(network, config, first).RedirectAsync("apply");

        (await ProcessRunner.RunAsync([.. network.Gateway.CommandPrefix, "sh", "-s"], await pod.RedirectAsync("show"))).RequireSuccess();

        Assert.Equal(wanted, await pod.RulesAsync());
    }

    /// <summary>A new process takes over a listener to which connections are diverted, while clients connect and one sends.</summary>
    [Theory]
    [InlineData("TProxy", "Linux")]
    [InlineData("Redirect", "Portable")]
    public async Task Handover_WhileClientsConnect_KeepsRulesAddressesAndTransfers(string intercept, string engine)
    {
        const int Block = 1 << 20;
        await using var network = await GatewayNetwork.CreateAsync();
        using var folder = new TemporaryFolder();
        var pod = new Pod(
            network,
            InboundConfig(intercept).Set("TcpProxy:Engine", engine)
                .Set("Handover", new { Path = Path.Combine(folder.Path, "handover.sock") }),
            "nft");
        await pod.RedirectAsync("apply");
        var rules = await pod.RulesAsync();
        var to = new IPEndPoint(GatewayNetwork.GatewayV4, AppPort);
        await using var app = RecordingTcpServer.Start(
            static async peer =>
            {
                await peer.SendAsync($"{peer.Remote.Address}\n");
                await RecordingTcpServer.EchoAsync(peer);
            },
            to,
            network.Gateway);
        await using var old = await pod.StartGatewayAsync();
        using var live = await AskAsync(network, to);
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var asked = 0; ; asked++)
            {
                if (stop.IsCancellationRequested)
                {
                    return asked;
                }

                using var client = await AskAsync(network, to);
            }
        }).ToList();

        await using var next = await pod.StartGatewayAsync();
        await old.Process.WaitForLineAsync(static line => line.Contains("has taken over", StringComparison.Ordinal), "handed over");
        await next.WaitForAccessAsync($"client={GatewayNetwork.ClientV4}:", "destination=original");
        await stop.CancelAsync();

        Assert.All(await Task.WhenAll(load), static asked => Assert.True(asked > 0));
        var block = new byte[Block];
        new Random(1).NextBytes(block);
        var sending = live.SendAsync(block);
        Assert.Equal(block, await live.ReadExactlyAsync(Block));
        await sending;
        live.ShutdownSend();
        Assert.Empty(await live.ReadToEndAsync());
        Assert.Equal(0, await old.Process.WaitForExitAsync());
        Assert.Equal(rules, await pod.RulesAsync());
    }

    /// <summary>Connects, has read whom the application sees, and has said something: otherwise it would be a health check.</summary>
    private static async Task<TcpPeer> AskAsync(GatewayNetwork network, IPEndPoint to)
    {
        var client = await TcpPeer.ConnectAsync(to, new IPEndPoint(GatewayNetwork.ClientV4, 0), network.Client);
        Assert.Equal($"{GatewayNetwork.ClientV4}", await client.ReadLineAsync());
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadTextAsync(5));
        return client;
    }

    private static async Task InPodAsync(GatewayNetwork network, params string[] command) =>
        (await ProcessRunner.RunAsync([.. network.Gateway.CommandPrefix, .. command])).RequireSuccess();

    private static async Task ConnectToBeResetAsync(IPEndPoint to, NetworkNamespace inside) =>
        Assert.Equal(ConnectionEnd.Reset, await TcpPeer.ConnectToTheEndAsync(to, inside: inside));

    private static async Task WriteScriptAsync(string path, string script)
    {
        await File.WriteAllTextAsync(path, $"#!/bin/sh\n{script}\n");
        (await ProcessRunner.RunAsync(["chmod", "+x", path])).RequireSuccess();
    }

    private static ConfigFile InboundConfig(string intercept) =>
        new ConfigFile()
            .Listener("in", $"*:{Pod.ListenerPort}", "Tcp")
            .Set("Listeners:in:Intercept", intercept)
            .Route(
                "in",
                new
                {
                    Listener = "in",
                    ClusterId = "app",
                    Match = new { DestinationPorts = new[] { AppPort } },
                    SourceIp = new { Mode = "Transparent" },
                })
            .Set("TcpProxy:Clusters:app:Type", "OriginalDestination");

    /// <summary>A pod: one network namespace, one configuration.</summary>
    private sealed class Pod(GatewayNetwork network, ConfigFile config, string rules)
    {
        public const int ListenerPort = FreePorts.Captured;

        private readonly IReadOnlyList<string> _prefix = network.Gateway.CommandPrefix;

        /// <summary>The gateway as in a pod: root with NET_RAW alone.</summary>
        public Task<GatewayProcess> StartGatewayAsync(params string[] prefix) => GatewayProcess.StartAsync(config, new GatewayStart
        {
            Inside = network.Gateway,
            Prefix = [.. prefix, DebianPeer.Require("setpriv"), "--bounding-set=-all,+net_raw", "--inh-caps=-all", "--no-new-privs"],
        });

        public async Task<string> RedirectAsync(string action) => (await TryRedirectAsync(action)).RequireSuccess().StandardOutput;

        public async Task<ProcessResult> TryRedirectAsync(
            string action,
            IReadOnlyDictionary<string, string>? environment = null,
            IReadOnlyList<string>? prefix = null,
            string? workingDirectory = null)
        {
            using var folder = new TemporaryFolder();
            string[] options = [.. action == "remove" ? Array.Empty<string>() : ["--config", folder.Write("a.json", config.ToJson())],
                .. rules == "iptables" && action != "remove" ? ["--iptables"] : Array.Empty<string>()];
            DebianPeer.Require(rules);
            return await ProcessRunner.RunAsync(
                [.. _prefix, .. prefix ?? [], RepositoryPaths.GatewayExecutable, "redirect", action, .. options],
                environment: environment,
                workingDirectory: workingDirectory);
        }

        /// <summary>All that could have been changed, without counters and what iptables keeps of an empty table.</summary>
        public async Task<string> RulesAsync()
        {
            var all = new List<string>();
            foreach (var command in new[]
                {
                    "nft list ruleset",
                    "ip -4 rule show",
                    "ip -6 rule show",
                    "ip -4 route show table 233",
                    "ip -6 route show table 233",
                    "iptables-save",
                    "ip6tables-save",
                })
            {
                var shown = (await ProcessRunner.RunAsync([.. _prefix, .. command.Split(' ')])).StandardOutput.Split('\n');
                var isNft = command.StartsWith("nft", StringComparison.Ordinal);
                all.AddRange(
                    isNft
                        ? string.Join('\n', shown.Prepend(""))
                            .Split("\ntable ")
                            .Where(table => table.Contains("gateway_redirect", StringComparison.Ordinal))
                        : shown.Where(line =>
                            !line.StartsWith('#')
                            && !line.StartsWith('*')
                            && line != "COMMIT"
                            && !line.Contains(" ACCEPT [", StringComparison.Ordinal)));
            }

            return string.Join('\n', all.Where(line => line.Length > 0));
        }
    }
}
