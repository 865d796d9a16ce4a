using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Reload;

/// <summary>Edits of the file take effect on save, and only good ones.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task File_BrokenInAnyWay_KeepsTheLastGoodForTcpAndHttpUntilTheNextGoodOne()
    {
        await using var old = RecordingTcpServer.Start(p => p.SendAsync("old\n"));
        await using var fresh = RecordingTcpServer.Start(p => p.SendAsync("fresh\n"));
        await using var web = Peers.HttpBackend.Start();
        var (port, http) = (FreePorts.Next(), FreePorts.Next());
        var good = ConfigFile.Tcp(port, old.Address, new { Mode = "None" }).AddHttp("web", http, web.Address);
        await using var gateway = await GatewayProcess.StartAsync(good);
        var failures = await gateway.ReloadsAsync("failed");

        foreach (var broken in new[]
        {
            "{ \"Listeners\": ",
            "",
            good.ToJson()[..(good.ToJson().Length / 2)],
            good.Copy().Set("TcpProxy:Routes:in:ClusterId", "nowhere").ToJson(),
            good.Copy().Set("Listenres", new { }).ToJson(),
            good.Copy().Set("ReverseProxy:Routes:web:Match:Path", "/{x:nonsense}").ToJson(),
            good.Copy().Set("Logging:Console:FormatterOptions", new { JsonWriterOptions = new { Indented = "maybe" } }).ToJson(),
        })
        {
            await File.WriteAllTextAsync(gateway.ConfigPath, broken);
            failures = await gateway.WaitForMetricAsync("gateway_config_reload_total", v => v > failures, ("result", "failed"));
            Assert.Equal(0, (await gateway.MetricsAsync()).Sum("gateway_config_last_reload_successful"));
            Assert.Equal("old", await AskAsync(port));
            using var client = new HttpClient();
            Assert.Contains("example", await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/example")), StringComparison.Ordinal);
        }

        await gateway.Process.WaitForLineAsync(
            static line => LogLevels.IsError(line) && line.Contains("TcpProxy:Routes:in:ClusterId", StringComparison.Ordinal), "the error");
        await gateway.ReloadAsync(good.Copy().Set("TcpProxy:Clusters:in:Destinations:in-0:Address", fresh.Address));
        Assert.Equal("fresh", await AskAsync(port));
        await gateway.ReloadAsync(good.Copy().Set("ReverseProxy:Routes:web:Match:Path", "/only/here"));
        using var other = new HttpClient();
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await other.GetAsync(new Uri($"http://127.0.0.1:{http}/elsewhere"))).StatusCode);
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_config_last_reload_successful"));
    }

    /// <summary>Opening a FIFO waits for its writer: the file would never be looked at again, and the process never end.</summary>
    [Fact]
    public async Task File_BecomesAFifo_IsRefusedAndLookedAtAgainAndTheProcessEnds()
    {
        await using var old = RecordingTcpServer.Start(p => p.SendAsync("old\n"));
        await using var fresh = RecordingTcpServer.Start(p => p.SendAsync("fresh\n"));
        var port = FreePorts.Next();
        var good = ConfigFile.Tcp(port, old.Address, new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(good);

        await ReplaceByFifoAsync(gateway.ConfigPath);
        await gateway.Process.WaitForLineAsync(l => l.Contains("it is a FIFO, not a regular file", StringComparison.Ordinal), "the refusal");
        var looked = (await gateway.MetricsAsync()).Sum("gateway_config_last_look_timestamp_seconds");
        await gateway.WaitForMetricAsync("gateway_config_last_look_timestamp_seconds", v => v > looked);
        Assert.Equal("old", await AskAsync(port));

        File.Delete(gateway.ConfigPath);
        await gateway.ReloadAsync(good.Copy().Set("TcpProxy:Clusters:in:Destinations:in-0:Address", fresh.Address));
        Assert.Equal("fresh", await AskAsync(port));

        await ReplaceByFifoAsync(gateway.ConfigPath);
        gateway.Terminate();
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
    }

    private static async Task ReplaceByFifoAsync(string path)
    {
        using var process = System.Diagnostics.Process.Start("sh", ["-c", "mkfifo \"$0.fifo\" && mv \"$0.fifo\" \"$0\"", path]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Routes_Changed_LiveConnectionsStayAndNewOnesFollow()
    {
        await using var old = RecordingTcpServer.StartEcho();
        await using var fresh = RecordingTcpServer.Start(p => p.SendAsync("fresh\n"));
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, old.Address, new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var live = await TcpPeer.ConnectAsync(port);
        await AssertEchoesAsync(live);

        await gateway.ReloadAsync(config.Copy().Set("TcpProxy:Clusters:in:Destinations:in-0:Address", fresh.Address));

        await AssertEchoesAsync(live);
        Assert.Equal("fresh", await AskAsync(port));
        await gateway.ReloadAsync(config.Copy().Set("TcpProxy:Clusters:in:Destinations:in-0:Address", fresh.Address)
            .Set("Listeners:in:ProxyProtocol", new { TrustedProxies = new[] { "192.0.2.0/24" } }));
        await AssertEchoesAsync(live);
        Assert.Equal("", await AskAsync(port));
    }

    [Fact]
    public async Task Listeners_AddedRemovedAndMoved_OthersAreNotTouched()
    {
        await using var echo = RecordingTcpServer.StartEcho();
        var (kept, gone, added, moved) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var before = new ConfigFile().AddTcp("kept", kept, echo.Address, new { Mode = "None" }).AddTcp("gone", gone, echo.Address, new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(before);
        using var live = await TcpPeer.ConnectAsync(kept);
        await AssertEchoesAsync(live);

        var after = before.Copy().AddTcp("added", added, echo.Address, new { Mode = "None" })
            .Remove("Listeners:gone").Remove("TcpProxy:Routes:gone").Remove("TcpProxy:Clusters:gone");
        await gateway.ReloadAsync(after);
        await AssertEchoesAsync(live);
        using (var viaNew = await TcpPeer.ConnectAsync(added))
        {
            await AssertEchoesAsync(viaNew);
        }

        await AssertRefusedAsync(gone);

        await gateway.ReloadAsync(after.Copy().Set("Listeners:kept:Address", $"127.0.0.1:{moved}"));
        using (var viaMoved = await TcpPeer.ConnectAsync(moved))
        {
            await AssertEchoesAsync(viaMoved);
        }

        await AssertRefusedAsync(kept);
        using var ready = await gateway.AdminAsync("/healthz/ready");
        Assert.True(ready.IsSuccessStatusCode);
    }

    /// <summary>Nobody answers the checks of the new cluster, for as long as they wait: that is no reason for the rest of the file to wait, at a start neither.</summary>
    [Fact]
    public async Task Cluster_WhoseChecksGetNoAnswer_KeepsNothingWaiting()
    {
        await using var echo = RecordingTcpServer.StartEcho();
        using var silent = new BlackHole();
        var (port, added) = (FreePorts.Next(), FreePorts.Next());
        var before = ConfigFile.Tcp(port, echo.Address, new { Mode = "None" });
        var after = before.Copy().AddTcp("added", added, echo.Address, new { Mode = "None" })
            .Set("TcpProxy:Clusters:added:Destinations:dead", new { Address = silent.EndPoint.ToString() })
            .Set("TcpProxy:Clusters:added:HealthCheck", new { Active = new { Timeout = "60s" } });
        await using (var gateway = await GatewayProcess.StartAsync(before))
        {
            gateway.Rewrite(after);
            await gateway.WaitForMetricAsync("gateway_config_reload_total", v => v == 1, ("result", "succeeded"));
            using var first = await TcpPeer.ConnectAsync(added);
            await AssertEchoesAsync(first);
        }

        await using var started = await GatewayProcess.StartAsync(after);
        using var second = await TcpPeer.ConnectAsync(added);
        await AssertEchoesAsync(second);
    }

    [Fact]
    public async Task Listeners_OfHttp_AddedAndRemoved()
    {
        await using var web = Peers.HttpBackend.Start();
        var (first, second) = (FreePorts.Next(), FreePorts.Next());
        var before = new ConfigFile().AddHttp("first", first, web.Address);
        await using var gateway = await GatewayProcess.StartAsync(before);
        using var client = new HttpClient();
        Assert.Contains("/a", await client.GetStringAsync(new Uri($"http://127.0.0.1:{first}/a")), StringComparison.Ordinal);

        await gateway.ReloadAsync(before.Copy().AddHttp("second", second, web.Address));
        Assert.Contains("/b", await client.GetStringAsync(new Uri($"http://127.0.0.1:{second}/b")), StringComparison.Ordinal);
        Assert.Contains("/c", await client.GetStringAsync(new Uri($"http://127.0.0.1:{first}/c")), StringComparison.Ordinal);

        await gateway.ReloadAsync(before);
        await AssertRefusedAsync(second);
    }

    [Fact]
    public async Task Port_InUse_RefusesTheWholeFile()
    {
        await using var old = RecordingTcpServer.Start(p => p.SendAsync("old\n"));
        await using var fresh = RecordingTcpServer.Start(p => p.SendAsync("fresh\n"));
        await using var squatter = RecordingTcpServer.Start();
        var (port, free) = (FreePorts.Next(), FreePorts.Next());
        var config = ConfigFile.Tcp(port, old.Address, new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(config);

        gateway.Rewrite(config.Copy().Set("TcpProxy:Clusters:in:Destinations:in-0:Address", fresh.Address)
            .AddTcp("free", free, fresh.Address, new { Mode = "None" }).AddTcp("busy", squatter.Port, fresh.Address, new { Mode = "None" }));
        await gateway.WaitForMetricAsync("gateway_config_reload_total", v => v == 1, ("result", "failed"));

        Assert.Equal("old", await AskAsync(port));
        await AssertRefusedAsync(free);
        await gateway.Process.WaitForLineAsync(line => line.Contains($":{squatter.Port}", StringComparison.Ordinal), "the port");
        await gateway.ReloadAsync(config.Copy().Set("TcpProxy:Clusters:in:Destinations:in-0:Address", fresh.Address));
        Assert.Equal("fresh", await AskAsync(port));
    }

    [Fact]
    public async Task Port_InUseAndThenFree_IsTakenWithoutAnotherEdit()
    {
        await using var backend = RecordingTcpServer.Start(p => p.SendAsync("hello\n"));
        var squatter = RecordingTcpServer.Start();
        var config = ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(config);
        gateway.Rewrite(config.Copy().AddTcp("busy", squatter.Port, backend.Address, new { Mode = "None" }));
        await gateway.WaitForMetricAsync("gateway_config_reload_total", v => v == 1, ("result", "failed"));

        await squatter.DisposeAsync();
        gateway.Process.Signal(1); // SIGHUP: now, not at the next try.

        await gateway.WaitForMetricAsync("gateway_config_reload_total", v => v == 1, ("result", "succeeded"));
        Assert.Equal("hello", await AskAsync(squatter.Port));
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_config_last_reload_successful"));
    }

    [Fact]
    public async Task Port_InUse_IsTriedAgainByItselfAndToldOnce()
    {
        await using var backend = RecordingTcpServer.Start(p => p.SendAsync("hello\n"));
        var squatter = RecordingTcpServer.Start();
        var config = ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(config);
        gateway.Rewrite(config.Copy().AddTcp("busy", squatter.Port, backend.Address, new { Mode = "None" }));
        await gateway.WaitForMetricAsync("gateway_config_reload_total", v => v == 1, ("result", "failed"));

        await squatter.DisposeAsync();

        await gateway.WaitForMetricAsync("gateway_config_reload_total", v => v == 1, ("result", "succeeded"));
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_config_reload_total", ("result", "failed")));
    }

    /// <summary>A listener whose settings change on the same port has to be bound anew: not before the rest of the file is known to work.</summary>
    [Fact]
    public async Task Port_InUse_LeavesListenersThatWereToBeBoundAnewAlone()
    {
        await using var web = Peers.HttpBackend.Start();
        await using var squatter = RecordingTcpServer.Start();
        var http = FreePorts.Next();
        var config = new ConfigFile().AddHttp("web", http, web.Address);
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var live = await TcpPeer.ConnectAsync(http);
        await AssertAnswersAsync(live);

        gateway.Rewrite(config.Copy().Set("Listeners:web:HttpLimits", new { RequestHeadersTimeout = "20s" }).AddHttp("busy", squatter.Port, web.Address));
        await gateway.WaitForMetricAsync("gateway_config_reload_total", v => v == 1, ("result", "failed"));

        await AssertAnswersAsync(live);
        Assert.DoesNotContain(gateway.Process.Lines, l => l.Contains("stops accepting", StringComparison.Ordinal));
    }

    /// <summary>What the logging library would refuse is refused before anything is swapped, and the sockets that were bound for it are free again.</summary>
    [Fact]
    public async Task Logging_WithAValueThatCannotBeBound_IsRefusedAsAWhole()
    {
        await using var old = RecordingTcpServer.Start(p => p.SendAsync("old\n"));
        var (port, added) = (FreePorts.Next(), FreePorts.Next());
        var config = ConfigFile.Tcp(port, old.Address, new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(config);
        var next = config.Copy().AddTcp("added", added, old.Address, new { Mode = "None" });

        gateway.Rewrite(next.Copy().Set("Logging:Console:LogToStandardErrorThreshold", "Warn"));
        await gateway.WaitForMetricAsync("gateway_config_reload_total", v => v == 1, ("result", "failed"));
        await AssertRefusedAsync(added);
        await gateway.ReloadAsync(next);
        Assert.Equal("old", await AskAsync(added));
    }

    [Fact]
    public async Task Routes_OfHttpWithTimeoutAndPolicies_Answer()
    {
        await using var web = Peers.HttpBackend.Start();
        await using var silent = RecordingTcpServer.Start();
        var (port, slow) = (FreePorts.Next(), FreePorts.Next());
        var config = new ConfigFile().AddHttp("web", port, web.Address).AddHttp("slow", slow, silent.Address)
            .Set("ReverseProxy:Routes:web:Timeout", "00:01:00").Set("ReverseProxy:Routes:web:CorsPolicy", "disable").Set("ReverseProxy:Routes:web:AuthorizationPolicy", "anonymous")
            .Set("ReverseProxy:Routes:web:RateLimiterPolicy", "disable").Set("ReverseProxy:Routes:slow:Timeout", "00:00:01");
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var client = new HttpClient();

        Assert.Contains("/a", await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/a")), StringComparison.Ordinal);
        using var timedOut = await client.GetAsync(new Uri($"http://127.0.0.1:{slow}/"));
        Assert.Equal(System.Net.HttpStatusCode.GatewayTimeout, timedOut.StatusCode);
    }

    [Fact]
    public async Task ConfigMap_SwappedBySymlinkWithoutAnyInotify_IsNoticed()
    {
        await using var old = RecordingTcpServer.Start(p => p.SendAsync("old\n"));
        await using var fresh = RecordingTcpServer.Start(p => p.SendAsync("fresh\n"));
        var port = FreePorts.Next();
        var config = ConfigFile.Tcp(port, old.Address, new { Mode = "None" });
        using var map = new ConfigMapFolder(config.ToJson());
        var unshare = Testing.Peers.DebianPeer.Require("unshare");
        if ((await ProcessRunner.RunAsync([unshare, "-Ur", "true"])).ExitCode != 0)
        {
            Assert.Skip("user namespaces are not available here.");
        }

        await using var gateway = await GatewayProcess.StartAsync(
            new TemporaryFolder(), map.FilePath, config.AdminPort,
            new GatewayStart { Prefix = [unshare, "-Ur", "sh", "-c", "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"", "sh"] });
        Assert.Equal("old", await AskAsync(port));

        map.Swap(config.Copy().Set("TcpProxy:Clusters:in:Destinations:in-0:Address", fresh.Address).ToJson());
        await Eventually.TrueAsync(async () => await AskAsync(port) == "fresh", "the swapped file is live");
    }

    private static async Task AssertAnswersAsync(TcpPeer peer)
    {
        await peer.SendAsync("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK", await peer.ReadLineAsync());
        while (await peer.ReadLineAsync() != "")
        {
        }
    }

    private static async Task<string> AskAsync(int port)
    {
        try
        {
            using var client = await TcpPeer.ConnectAsync(port);
            return await client.ReadLineAsync();
        }
        catch (SocketException)
        {
            return "";
        }
    }

    private static async Task AssertEchoesAsync(TcpPeer peer)
    {
        await peer.SendAsync("echo");
        Assert.Equal("echo", await peer.ReadTextAsync(4));
    }

    private static async Task AssertRefusedAsync(int port)
    {
        var problem = await Assert.ThrowsAsync<SocketException>(() => TcpPeer.ConnectAsync(port));
        Assert.Equal(SocketError.ConnectionRefused, problem.SocketErrorCode);
    }
}
