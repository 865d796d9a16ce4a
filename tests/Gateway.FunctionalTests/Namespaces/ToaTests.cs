using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.FunctionalTests.Tls;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>
/// The client's address in TCP options: written by the gateway and read by tcpdump and by the kernel of the backend; written by hand, as load balancers do,
/// and read by the gateway; and from one gateway to another.
/// </summary>
public sealed class ToaTests
{
    private static readonly object Toa = new { Mode = "Toa" };

    [Fact]
    public async Task Route_Toa_PutsTheClientIntoSynAckAndFirstData()
    {
        Rights.RequireBpf();
        await using var network = await GatewayNetwork.CreateAsync();
        using var group = ControlGroup.Create();
        await using var backend4 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend, saveSyn: true);
        await using var backend6 = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV6, 8080), inside: network.Backend, saveSyn: true);
        await using var capture = await PacketCapture.StartAsync(network.Backend, "b0", "tcp port 8080");
        var config = new ConfigFile()
            .AddTcp("four", 9000, backend4.Address, Toa, address: $"{GatewayNetwork.GatewayV4}")
            .AddTcp("six", 9000, backend6.Address, Toa, address: $"[{GatewayNetwork.GatewayV6}]")
            .AddTcp("mixed", 9001, backend4.Address, Toa, address: $"[{GatewayNetwork.GatewayV6}]")
            .AddTcp("own", 9001, backend4.Address, new { Mode = "Toa", ToaOptions = new[] { "200/8" } }, address: $"{GatewayNetwork.GatewayV4}")
            .AddTcp("none", 9002, backend4.Address, new { Mode = "None" }, address: $"{GatewayNetwork.GatewayV4}");
        // No more rights than the manual asks for.
        var setpriv = Testing.Peers.DebianPeer.Require("setpriv");
        await using var gateway = await GatewayProcess.StartAsync(
            config,
            new GatewayStart { Inside = network.Gateway, Prefix = [.. group.CommandPrefix, setpriv, "--bounding-set=-all,+net_admin,+cap_38,+cap_39"] });

        foreach (var (client, listener, port, backend, kind) in new[]
        {
            (GatewayNetwork.ClientV4, GatewayNetwork.GatewayV4, 9000, backend4, "FE08"),
            (GatewayNetwork.ClientV6, GatewayNetwork.GatewayV6, 9000, backend6, "FD14"),
            (GatewayNetwork.ClientV6, GatewayNetwork.GatewayV6, 9001, backend4, "FD14"),
            (GatewayNetwork.ClientV4, GatewayNetwork.GatewayV4, 9001, backend4, "C808"),
        })
        {
            using var peer = await TcpPeer.ConnectAsync(new IPEndPoint(listener, port), new IPEndPoint(client, 0), network.Client);
            using var accepted = await backend.NextAsync();
            var option = kind + peer.Local.Port.ToString("X4", CultureInfo.InvariantCulture) + Convert.ToHexString(client.GetAddressBytes());

            Assert.EndsWith(option, accepted.SavedSyn(), StringComparison.Ordinal);

            await peer.SendAsync("hello");
            Assert.Equal("hello", await accepted.ReadTextAsync(5));
            await accepted.SendAsync("welcome");
            Assert.Equal("welcome", await peer.ReadTextAsync(7));
            await peer.SendAsync("goodbye!");
            Assert.Equal("goodbye!", await accepted.ReadTextAsync(8));

            var from = $"{accepted.Remote.Address}.{accepted.Remote.Port} > ";
            await Eventually.TrueAsync(() => capture.Segments(from).Any(static segment => segment.PayloadBytes == 8 && segment.Hex.Length > 80), "the last segment captured");
            var sent = capture.Segments(from);
            Assert.Equal((("S", 0), (".", 0), ("P.", 5)), (Kind(sent[0]), Kind(sent[1]), Kind(sent[2])));
            Assert.All(sent.Take(3), segment => Assert.Contains(option, segment.Hex, StringComparison.Ordinal));
            Assert.DoesNotContain(sent.Skip(3), segment => segment.Hex.Contains(option, StringComparison.Ordinal));
        }

        using var plain = await TcpPeer.ConnectAsync(new IPEndPoint(GatewayNetwork.GatewayV4, 9002), new IPEndPoint(GatewayNetwork.ClientV4, 0), network.Client);
        using var unmarked = await backend4.NextAsync();
        Assert.DoesNotContain("FE08", unmarked.SavedSyn(), StringComparison.Ordinal);
        await gateway.WaitForMetricAsync("gateway_toa_connect_total", static value => value == 4);
        Assert.Equal(1, group.SockOpsPrograms());
    }

    [Fact]
    public async Task TwoGateways_InOneCgroup_HandTheClientOnAndDetachWhenTheyEnd()
    {
        Rights.RequireBpf();
        await using var network = await GatewayNetwork.CreateAsync();
        using var group = ControlGroup.Create();
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);
        var start = new GatewayStart { Inside = network.Gateway, Prefix = group.CommandPrefix };
        var inner = new ConfigFile().AddTcp("in", 9100, backend.Address, new { Mode = "ProxyProtocol" }).AddTcp("in6", 9100, backend.Address, new { Mode = "ProxyProtocol" }, address: "[::1]");
        await using var second = await GatewayProcess.StartAsync(inner, start);
        Assert.Equal(0, group.SockOpsPrograms());
        await second.ReloadAsync(inner.Copy()
            .Set("Listeners:in:Toa", new { TrustedProxies = new[] { "127.0.0.1/32" }, Missing = "Reject" })
            .Set("Listeners:in6:Toa", new { TrustedProxies = new[] { "::1/128" }, Missing = "Reject", Carriers = new[] { "Ack" } }));
        Assert.Equal(1, group.SockOpsPrograms());
        await using (var first = await GatewayProcess.StartAsync(
            new ConfigFile()
                .AddTcp("four", 9000, "127.0.0.1:9100", Toa, address: $"{GatewayNetwork.GatewayV4}")
                .AddTcp("six", 9000, "[::1]:9100", Toa, address: $"[{GatewayNetwork.GatewayV6}]"),
            start))
        {
            Assert.Equal(2, group.SockOpsPrograms());
            foreach (var (client, listener) in new[] { (GatewayNetwork.ClientV4, GatewayNetwork.GatewayV4), (GatewayNetwork.ClientV6, GatewayNetwork.GatewayV6) })
            {
                using var peer = await TcpPeer.ConnectAsync(new IPEndPoint(listener, 9000), new IPEndPoint(client, 0), network.Client);
                using var accepted = await backend.NextAsync();

                Assert.Equal(peer.Local, (await WireHeader.ReadAsync(accepted)).Source);
                await peer.SendAsync("hello");
                Assert.Equal("hello", await accepted.ReadTextAsync(5));
                peer.ShutdownSend();
                accepted.ShutdownSend();
                await second.WaitForAccessAsync(peer.Local.ToString(), "source=Toa");
            }

            // As if it had crashed: nobody is left to detach anything.
            first.Process.Signal(9);
            await first.Process.WaitForExitAsync();
        }

        await Eventually.TrueAsync(() => group.SockOpsPrograms() == 1, "the first one's program detached");
        second.Process.Signal(9);
        await second.Process.WaitForExitAsync();
        await Eventually.TrueAsync(() => group.SockOpsPrograms() == 0, "both programs detached");
    }

    [Fact]
    public async Task TwoGateways_ToaInFrontOfTls_HandTheClientOn()
    {
        Rights.RequireBpf();
        await using var network = await GatewayNetwork.CreateAsync();
        using var group = ControlGroup.Create();
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        var pair = PemPair.Write(folder, "db", authority.Issue("db", "db.example"));
        await using var backend = RecordingTcpServer.Start(
            endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);
        var start = new GatewayStart { Inside = network.Gateway, Prefix = group.CommandPrefix };
        await using var second = await GatewayProcess.StartAsync(
            new ConfigFile().AddTls("in", "127.0.0.1:9100", backend.Address, new { Mode = "ProxyProtocol" }, pair)
                .Set("Listeners:in:Toa", new { TrustedProxies = new[] { "127.0.0.1/32" }, Missing = "Reject" }),
            start);
        await using var first = await GatewayProcess.StartAsync(
            new ConfigFile().AddTcp("out", 9000, "127.0.0.1:9100", Toa, address: $"{GatewayNetwork.GatewayV4}"), start);

        using var peer = await TcpPeer.ConnectAsync(
            new IPEndPoint(GatewayNetwork.GatewayV4, 9000), new IPEndPoint(GatewayNetwork.ClientV4, 0), network.Client);
        await using var tls = new SslStream(new NetworkStream(peer.Socket));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "db.example", CertificateChainPolicy = authority.CreatePolicy() },
            TestContext.Current.CancellationToken);
        await tls.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        using var accepted = await backend.NextAsync();
        Assert.Equal(peer.Local, (await WireHeader.ReadAsync(accepted)).Source);
        Assert.Equal("hello", await accepted.ReadTextAsync(5));
        await tls.ShutdownAsync();
        accepted.ShutdownSend();
        await second.WaitForAccessAsync(peer.Local.ToString(), "source=Toa");
    }

    [Fact]
    public async Task Listener_Toa_ReadsWhatLoadBalancersWrite()
    {
        Rights.RequireBpf();
        await using var network = await GatewayNetwork.CreateAsync();
        using var group = ControlGroup.Create();
        await RawTcpClient.SilenceKernelAsync(network.Client, IPAddress.Parse("192.0.2.15"));
        await RawTcpClient.SilenceKernelAsync(network.Client, IPAddress.Parse("192.0.2.16"));
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);
        string[] options = ["254/8", "253/20", "254/20", "200/8", "201/20", "28/7"];
        var sourceIp = new { Mode = "ProxyProtocol", Version = "V1" };
        var config = new ConfigFile()
            .AddTcp("peer", 9000, backend.Address, sourceIp, address: $"{GatewayNetwork.GatewayV4}")
            .AddTcp("reject", 9001, backend.Address, sourceIp, address: $"{GatewayNetwork.GatewayV4}")
            .AddHttp("web", 9002, backend.Address, address: $"{GatewayNetwork.GatewayV4}")
            .Set("Listeners:web:Toa", new { TrustedProxies = new[] { "192.0.2.15/32" } })
            .AddHttp("webreject", 9003, backend.Address, address: $"{GatewayNetwork.GatewayV4}")
            .Set("Listeners:webreject:Toa", new { TrustedProxies = new[] { "192.0.2.15/32" }, Missing = "Reject", Wait = "10s" })
            .Set("Listeners:peer:Toa", new { TrustedProxies = new[] { "192.0.2.15/32" }, Options = options })
            .Set("Listeners:reject:Toa", new { TrustedProxies = new[] { "192.0.2.15/32" }, Options = options, Missing = "Reject", Wait = "10s" });
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway, Prefix = group.CommandPrefix });
        var listener = new IPEndPoint(GatewayNetwork.GatewayV4, 9000);

        const string v4 = "FE081234CB00714D";
        const string v6 = "14123420010DB8007700000000000000001234";
        var port = 20000;
        foreach (var (inSyn, inAck, inData, client) in new[]
        {
            (v4, "", "", "203.0.113.77:4660"),
            ("", v4, "", "203.0.113.77:4660"),
            ("", "", v4, "203.0.113.77:4660"),
            ("", "FD" + v6, "", "[2001:db8:77::1234]:4660"),
            ("FE" + v6, "", "", "[2001:db8:77::1234]:4660"),
            ("C8081234CB00714D", "", "", "203.0.113.77:4660"),
            ("", "", "C9" + v6, "[2001:db8:77::1234]:4660"),
            ("", "1C0701CB00714D", "", "203.0.113.77:1"),
            ("", "01FE08F989CB00714D", "FE080001CB00714E", "203.0.113.77:63881"), // A port that looks like fast open's magic number; the ACK comes first.
            ("", "", "", "192.0.2.15:PORT"), // None: the peer is the client.
            ("FE091234CB00714D00", "FEFF1234", "FE00", "192.0.2.15:PORT"), // Malformed: as none.
        })
        {
            var from = new IPEndPoint(IPAddress.Parse("192.0.2.15"), ++port);
            using var balancer = RawTcpClient.Connect(network.Client, from, listener, inSyn, inAck);
            balancer.Send("hello"u8, inData);
            using var accepted = await backend.NextAsync();

            var header = await WireHeader.ReadAsync(accepted);
            Assert.Equal(client.Replace("PORT", $"{port}", StringComparison.Ordinal), header.Source?.ToString());
            Assert.Equal("hello", await accepted.ReadTextAsync(5));
        }

        // Whoever is not trusted may write what he likes.
        using (var stranger = RawTcpClient.Connect(network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.16"), 20100), listener, v4, v4))
        {
            stranger.Send("hello"u8, v4);
            using var accepted = await backend.NextAsync();
            Assert.Equal("192.0.2.16:20100", (await WireHeader.ReadAsync(accepted)).Source?.ToString());
        }

        await RefusesAsync(network, gateway);
        await ForwardsHttpAsync(network, gateway, backend);
    }

    [Fact]
    public async Task Gateway_MovedOutOfItsCgroup_FollowsTheFallback()
    {
        // The program is not asked about sockets of another cgroup: the SYN goes out without the option, and the gateway notices.
        Rights.RequireBpf();
        using var group = ControlGroup.Create();
        using var elsewhere = ControlGroup.Create();
        await using var backend = RecordingTcpServer.Start();
        var (reject, fallback) = (FreePorts.Next(), FreePorts.Next());
        var config = new ConfigFile().AddTcp("reject", reject, backend.Address, Toa)
            .AddTcp("fallback", fallback, backend.Address, new { Mode = "Toa", Fallback = "ProxyProtocol" });
        await using var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Prefix = group.CommandPrefix });

        elsewhere.Move(gateway.Process);

        using var client = await TcpPeer.ConnectAsync(fallback);
        // The first attempt is given up when its SYN is out.
        var accepted = await backend.NextAsync();
        while (await accepted.WaitForFirstByteAsync() == 0)
        {
            accepted.Dispose();
            accepted = await backend.NextAsync();
        }

        Assert.Equal(client.Local, (await WireHeader.ReadAsync(accepted)).Source);
        accepted.Dispose();
        var from = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        try
        {
            using var refused = await TcpPeer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, reject), from);
            await refused.WaitForEndAsync();
        }
        catch (SocketException)
        {
            // Reset before the connect was awaited.
        }

        await gateway.WaitForAccessAsync(from.ToString(), "reason=source_ip");
        await gateway.WaitForMetricAsync("gateway_toa_connect_total", static value => value == 2, ("error_type", "option"));
    }

    [Fact]
    public async Task Rights_Missing_StartFailsAndNamesTheCure()
    {
        Rights.RequireBpf();
        var setpriv = Testing.Peers.DebianPeer.Require("setpriv");
        using var group = ControlGroup.Create();
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, "127.0.0.1:9", Toa).Set("Listeners:in:Toa", new { TrustedProxies = new[] { "10.0.0.0/8" }, Carriers = new[] { "Syn", "Ack" } });

        var result = await GatewayProcess.RunToEndAsync(
            config, new GatewayStart { Prefix = [.. group.CommandPrefix, setpriv, "--bounding-set=-all,+net_admin,+net_raw"] });

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("TcpProxy:Routes:in:SourceIp:Mode: Toa needs the capabilities BPF, PERFMON and NET_ADMIN", result.Output, StringComparison.Ordinal);
        Assert.Contains("this process lacks BPF, PERFMON.", result.Output, StringComparison.Ordinal);
        Assert.Contains("Listeners:in:Toa:Carriers", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listener_ToaWithoutRights_LooksAtTheSynAndSaysSo()
    {
        Rights.RequireBpf();
        await using var network = await GatewayNetwork.CreateAsync();
        await RawTcpClient.SilenceKernelAsync(network.Client, IPAddress.Parse("192.0.2.15"));
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(GatewayNetwork.BackendV4, 8080), inside: network.Backend);
        var config = new ConfigFile().AddTcp("in", 9000, backend.Address, new { Mode = "ProxyProtocol" }, address: $"{GatewayNetwork.GatewayV4}")
            .Set("Listeners:in:Toa", new { TrustedProxies = new[] { "192.0.2.15/32" } });
        await using var gateway = await GatewayProcess.StartAsync(
            config, new GatewayStart { Inside = network.Gateway, Prefix = [Testing.Peers.DebianPeer.Require("setpriv"), "--bounding-set=-all"] });

        using var balancer = RawTcpClient.Connect(
            network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.15"), 20001), new IPEndPoint(GatewayNetwork.GatewayV4, 9000), inSyn: "FE081234CB00714D");
        using var accepted = await backend.NextAsync();

        Assert.Equal("203.0.113.77:4660", (await WireHeader.ReadAsync(accepted)).Source?.ToString());
        await gateway.Process.WaitForLineAsync(
            static line => LogLevels.IsComplaint(line)
                && line.Contains("Listeners:in:Toa looks at the SYN only", StringComparison.Ordinal)
                && line.Contains("BPF, PERFMON and NET_ADMIN", StringComparison.Ordinal),
            "the warning");
    }

    private static async Task RefusesAsync(GatewayNetwork network, GatewayProcess gateway)
    {
        var listener = new IPEndPoint(GatewayNetwork.GatewayV4, 9001);
        using (var without = RawTcpClient.Connect(network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.15"), 20201), listener))
        {
            without.Send("hello"u8);
            await gateway.WaitForAccessAsync("192.0.2.15:20201", "reason=toa", "detail=ToaMissing");
        }

        using (RawTcpClient.Connect(network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.15"), 20202), listener, inAck: "FE081234E0000001"))
        {
            await gateway.WaitForAccessAsync("192.0.2.15:20202", "reason=toa", "detail=SourceInvalid");
        }

        // A client's own option in the SYN, which its proxy has let through, and the proxy's in the ACK.
        using (RawTcpClient.Connect(network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.15"), 20204), listener, "FE081234CB007166", "FE081234CB00714D"))
        {
            await gateway.WaitForAccessAsync("192.0.2.15:20204", "reason=toa", "detail=ToaConflict");
        }

        using (var check = RawTcpClient.Connect(network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.15"), 20203), listener))
        {
            check.Finish();
            await gateway.WaitForMetricAsync("gateway_tcp_health_checks_total", static value => value == 1, ("listener", "reject"));
        }
    }

    private static async Task ForwardsHttpAsync(GatewayNetwork network, GatewayProcess gateway, RecordingTcpServer backend)
    {
        const string option = "FE081234CB00714D";
        var port = 20300;
        foreach (var (inSyn, inAck, inData, client) in new[]
        {
            (option, "", "", "203.0.113.77"), ("", option, "", "203.0.113.77"), ("", "", option, "203.0.113.77"), ("", "", "", "192.0.2.15"),
        })
        {
            using var balancer = RawTcpClient.Connect(
                network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.15"), ++port), new IPEndPoint(GatewayNetwork.GatewayV4, 9002), inSyn, inAck);
            balancer.Send("GET / HTTP/1.1\r\nHost: app\r\n\r\n"u8, inData);
            using var accepted = await backend.NextAsync();
            var lines = new List<string>();
            while (await accepted.ReadLineAsync() is { Length: > 0 } line)
            {
                lines.Add(line);
            }

            Assert.Contains($"X-Forwarded-For: {client}", lines);
            await accepted.SendAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            await gateway.WaitForAccessAsync($"client={client}", $"peer=192.0.2.15:{port}", "listener=web", client == "192.0.2.15" ? "source=Socket" : "source=Toa");
        }

        using (var without = RawTcpClient.Connect(network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.15"), ++port), new IPEndPoint(GatewayNetwork.GatewayV4, 9003)))
        {
            without.Send("GET / HTTP/1.1\r\nHost: app\r\n\r\n"u8);
            await gateway.WaitForAccessAsync($"peer=192.0.2.15:{port}", "listener=webreject", "reason=toa", "detail=ToaMissing");
        }

        using (RawTcpClient.Connect(
            network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.15"), ++port), new IPEndPoint(GatewayNetwork.GatewayV4, 9003), option, "FE081234CB007166"))
        {
            await gateway.WaitForAccessAsync($"peer=192.0.2.15:{port}", "reason=toa", "detail=ToaConflict");
        }

        using (var check = RawTcpClient.Connect(network.Client, new IPEndPoint(IPAddress.Parse("192.0.2.15"), ++port), new IPEndPoint(GatewayNetwork.GatewayV4, 9003)))
        {
            check.Finish();
            await gateway.WaitForMetricAsync("gateway_tcp_health_checks_total", static value => value == 1, ("listener", "webreject"));
        }
    }

    private static (string Flags, int PayloadBytes) Kind(CapturedSegment segment) => (segment.Flags, segment.PayloadBytes);
}
