using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Fields by choice, lines on the way and a file, of a gateway that serves TCP and HTTP.</summary>
public sealed class AccessLogTests
{
    private static readonly string[] Tcp = ["event=start", "event=interval", "event=end"];

    [Fact]
    public async Task AccessLog_ChosenFieldsAndFile_AreWrittenAndAFullDiskHoldsNobodyUp()
    {
        using var folder = new TemporaryFolder();
        var log = folder.Combine("access.log");
        await using var echo = RecordingTcpServer.StartEcho();
        await using var web = Peers.HttpBackend.Start();
        var (tcp, http) = (FreePorts.Next(), FreePorts.Next());
        var config = ConfigFile.Tcp(tcp, echo.Address, new { Mode = "None" }).AddHttp("web", http, web.Address).Set("AccessLog", new
        {
            Start = true,
            Interval = "1s",
            Fields = new[]
            {
                "event", "id", "client", "listener", "destination", "received", "first_byte", "backend_local", "mode", "host",
                "user_agent", "request_id", "traceparent", "status",
            },
            File = new { Path = log },
        });
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("User-Agent", "a test");
        client.DefaultRequestHeaders.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
        // Without an export of traces the context passes through as it came.
        var head = await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/example"));
        Assert.Contains("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", head, StringComparison.OrdinalIgnoreCase);
        using (var peer = await TcpPeer.ConnectAsync(tcp))
        {
            await peer.SendAsync("echo");
            await peer.ReadTextAsync(4);
            await LinesAsync(
                static lines => lines.Any(static line =>
                    line.Contains(" tcp ", StringComparison.Ordinal) && line.Contains("event=interval", StringComparison.Ordinal)),
                "an interval line");
        }

        var lines = await LinesAsync(
            static lines => lines.Any(static line =>
                line.Contains("tcp ", StringComparison.Ordinal) && line.Contains("event=end", StringComparison.Ordinal)),
            "the end");
        var ofTcp = lines.Where(static line => line.Contains(" tcp ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(Tcp, ofTcp.Select(static line => line.Split(' ')[3]).Distinct());
        Assert.Single(ofTcp.Select(static line => line.Split(' ')[4]).Distinct());
        Assert.All(ofTcp, static line => Assert.Contains(" listener=in destination=in-0 received=", line, StringComparison.Ordinal));
        var ofHttp = lines.Where(static line => line.Contains(" http ", StringComparison.Ordinal)).ToArray();
        Assert.Contains("event=start", ofHttp[0], StringComparison.Ordinal);
        Assert.Matches(
            @"event=end id=\S+ client=127\.0\.0\.1 listener=web destination=web-0 received=0 first_byte=[0-9.]+ms "
                + $@"mode=X-Forwarded-For host=127\.0\.0\.1:{http} user_agent=""a test"" request_id=\S+ "
                + "traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00 status=200$",
            ofHttp[^1]);

        // A rotation by rename and signal, and a full disk.
        File.Move(log, log + ".1");
        gateway.Process.Signal(1);
        await Eventually.TrueAsync(
            async () =>
            {
                await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/example"));
                return File.Exists(log);
            },
            "the file is there again");
        // The signal asks for a reload, too, and the next one must not be taken for it.
        await gateway.WaitForMetricAsync("gateway_config_reload_total", static value => value >= 1, ("result", "succeeded"));
        await gateway.ReloadAsync(config.Copy().Set("AccessLog:File:Path", "/dev/full"));
        await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/example"));
        await gateway.WaitForMetricAsync("gateway_access_log_dropped_total", static value => value >= 2, ("reason", "write_failed"));
        Assert.Equal(0, (await gateway.MetricsAsync()).Sum("gateway_log_dropped_total"));
        static bool IsTold(string line) => line.Contains("The access log cannot be written to /dev/full: No space left", StringComparison.Ordinal);
        await gateway.Process.WaitForLineAsync(IsTold, "the warning");
        Assert.Single(gateway.Complaints(), IsTold);
        gateway.Terminate();
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());

        async Task<string[]> LinesAsync(Func<string[], bool> accept, string what) => await Eventually.GetAsync(
            () => Task.FromResult(File.Exists(log) ? File.ReadAllLines(log) : []), accept, what);
    }
}
