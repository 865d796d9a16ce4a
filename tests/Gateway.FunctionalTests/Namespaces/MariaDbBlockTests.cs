using System.Net;
using System.Text;
using Gateway.FunctionalTests.Checks;
using Gateway.FunctionalTests.Checks.Servers;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Namespaces;

/// <summary>A real MariaDB that blocks a host after ten connections without a login.</summary>
public sealed class MariaDbBlockTests
{
    // Ten a second for each: some two seconds for all.
    private const int Watchers = 8;
    private const int Checks = 160;

    /// <summary>Three errors in a row block a host, and nobody logs in from it: each kind of check has to leave the count alone.</summary>
    [Fact]
    public async Task HealthChecks_OfEachKind_BlockNobody()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        using var folder = new TemporaryFolder();
        DebianPeer.Require("my_print_defaults");
        await using var mariaDb = await RunningServer.StartAsync(
            OtherServers.MariaDbWithAccounts($"{GatewayNetwork.GatewayInnerV4}", $"{GatewayNetwork.BackendV4}", "--max-connect-errors=3"),
            PrefixIn(network, folder));
        Assert.SkipWhen(mariaDb.Missing is not null, mariaDb.Missing ?? "");
        Assert.Null(mariaDb.Failure);
        var backend = new IPEndPoint(GatewayNetwork.BackendV4, mariaDb.Ports[0]);
        const string Greeting = "mysql_native_password";
        var checks = new Dictionary<string, object>
        {
            ["connect"] = new { Interval = "100ms" },
            ["connect-v2"] = new { Interval = "100ms", ProxyProtocol = "V2" },
            ["banner"] = new { Interval = "100ms", Kind = "Exchange", Expect = Greeting },
            ["banner-v1"] = new { Interval = "100ms", Kind = "Exchange", Expect = Greeting, ProxyProtocol = "V1" },
            ["banner-v2"] = new { Interval = "100ms", Kind = "Exchange", Expect = Greeting },
            ["another"] = new { Interval = "100ms", Kind = "Exchange", Expect = "220 ", Timeout = "200ms" },
        };
        var config = new ConfigFile();
        foreach (var (name, active) in checks)
        {
            config
                .AddTcp(name, FreePorts.Next(), $"{backend}", name == "banner-v2" ? new { Mode = "ProxyProtocol" } : new { Mode = "None" })
                .Set($"TcpProxy:Clusters:{name}:HealthCheck", new { Active = active });
        }

        await using (var gateway = await GatewayProcess.StartAsync(
            config, new GatewayStart { Inside = network.Gateway, Prefix = RunningServer.Prompt }))
        {
            foreach (var name in checks.Keys)
            {
                await gateway.WaitForMetricAsync(
                    "gateway_destination_health_check_duration_seconds_count", count => count >= 50, ("cluster", name));
            }

            var metrics = await gateway.MetricsAsync();
            Assert.Equal(
                metrics.Sum("gateway_destination_health_check_duration_seconds_count", ("cluster", "another")),
                metrics.Sum("gateway_destination_health_check_duration_seconds_count", ("result", "failed")));
            // Checks that are under way say goodbye, too.
            gateway.Terminate();
            await gateway.Process.WaitForExitAsync();
        }

        Assert.DoesNotContain(mariaDb.Lines, static line => line.Contains("Aborted connection", StringComparison.Ordinal));
        Assert.Contains("-MariaDB", await GreetingAsync(network, backend), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HealthChecks_ByTheHundred_BlockNobodyAndCheckNamesTheCure()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        using var folder = new TemporaryFolder();
        var prefix = PrefixIn(network, folder);
        await using var mariaDb = await RunningServer.StartAsync(OtherServers.MariaDb("mariadb", "192.0.2.1", $"{GatewayNetwork.BackendV4}", "--max-connect-errors=10"), prefix);
        Assert.SkipWhen(mariaDb.Missing is not null, mariaDb.Missing ?? "");
        Assert.Null(mariaDb.Failure);
        var backend = new IPEndPoint(GatewayNetwork.BackendV4, mariaDb.Ports[0]);
        var config = new ConfigFile();
        foreach (var name in Enumerable.Range(0, Watchers).Select(i => $"w{i}"))
        {
            config.AddTcp(name, FreePorts.Next(), $"{backend}", new { Mode = "Transparent" }).Set($"TcpProxy:Clusters:{name}:HealthCheck", new { Active = new { Interval = "100ms" } });
        }

        // A check that takes more than 0.2 s to close is seen: the gateway shall not wait for other tests.
        await using (var gateway = await GatewayProcess.StartAsync(
            config, new GatewayStart { Inside = network.Gateway, Prefix = RunningServer.Prompt }))
        {
            await gateway.WaitForMetricAsync("gateway_destination_health_check_duration_seconds_count", count => count >= Checks);
        }

        Assert.Contains("-MariaDB", await GreetingAsync(network, backend), StringComparison.Ordinal);

        var run = await CheckRun.StartAsync(new ConfigFile().AddTcp("in", FreePorts.Next(), $"{backend}", new { Mode = "None" }), network.Gateway);
        var warning = run.The("connect-errors", "TcpProxy:Clusters:in:Destinations:in-0:Address");
        Assert.Equal("warn", warning.Severity);
        Assert.Contains("max_connect_errors", warning.What, StringComparison.Ordinal);
        Assert.Contains("skip_name_resolve = ON", warning.Cure, StringComparison.Ordinal);

        // Who does wait for the greeting is counted, and then all are turned away: that is what the checks avoid.
        var last = "";
        for (var i = 0; i < 15 && !last.Contains("blocked", StringComparison.Ordinal); i++)
        {
            last = await GreetingAsync(network, backend);
        }

        Assert.Contains("is blocked because of many connection errors", last, StringComparison.Ordinal);
        var blocked = await CheckRun.StartAsync(new ConfigFile().AddTcp("in", FreePorts.Next(), $"{backend}", new { Mode = "None" }), network.Gateway);
        var finding = blocked.The("proxy-header", "TcpProxy:Clusters:in:Destinations:in-0:Address");
        Assert.Equal("fail", finding.Severity);
        Assert.Contains("is blocked because of many connection errors", finding.What, StringComparison.Ordinal);
        Assert.Contains("flush-hosts", finding.Cure, StringComparison.Ordinal);

    }

    // Hosts are counted by name: without one there is nothing to count.
    private static string[] PrefixIn(GatewayNetwork network, TemporaryFolder folder)
    {
        var hosts = folder.Write("hosts", $"127.0.0.1 localhost\n{GatewayNetwork.GatewayInnerV4} gateway.example.test\n");
        return
        [
            .. network.Backend.CommandPrefix, DebianPeer.Require("unshare"), "--mount", "sh", "-c",
            $"mount --bind {hosts} /etc/hosts && exec \"$@\"", "sh",
        ];
    }

    private static async Task<string> GreetingAsync(GatewayNetwork network, IPEndPoint backend)
    {
        using var peer = await TcpPeer.ConnectAsync(backend, inside: network.Gateway);
        var buffer = new byte[512];
        return Encoding.ASCII.GetString(buffer, 0, await peer.ReadAsync(buffer));
    }
}
