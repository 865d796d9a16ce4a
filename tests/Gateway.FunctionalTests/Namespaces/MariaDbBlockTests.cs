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

    [Fact]
    public async Task HealthChecks_ByTheHundred_BlockNobodyAndCheckNamesTheCure()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        // Hosts are counted by name: without one there is nothing to count.
        using var folder = new TemporaryFolder();
        var hosts = folder.Write("hosts", $"127.0.0.1 localhost\n{GatewayNetwork.GatewayInnerV4} gateway.example.test\n");
        string[] prefix = [.. network.Backend.CommandPrefix, DebianPeer.Require("unshare"), "--mount", "sh", "-c", $"mount --bind {hosts} /etc/hosts && exec \"$@\"", "sh"];
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
        await using (var gateway = await GatewayProcess.StartAsync(config, new GatewayStart { Inside = network.Gateway, Prefix = RunningServer.Prompt }))
        {
            await gateway.WaitForMetricAsync("gateway_destination_health_check_duration_seconds_count", count => count >= Checks);
        }

        Assert.Contains("-MariaDB", await GreetingAsync(), StringComparison.Ordinal);

        var run = await CheckRun.StartAsync(new ConfigFile().AddTcp("in", FreePorts.Next(), $"{backend}", new { Mode = "None" }), network.Gateway);
        var warning = run.The("connect-errors", "TcpProxy:Clusters:in:Destinations:in-0:Address");
        Assert.Equal("warn", warning.Severity);
        Assert.Contains("max_connect_errors", warning.What, StringComparison.Ordinal);
        Assert.Contains("skip_name_resolve = ON", warning.Cure, StringComparison.Ordinal);

        // Who does wait for the greeting is counted, and then all are turned away: that is what the checks avoid.
        var last = "";
        for (var i = 0; i < 15 && !last.Contains("blocked", StringComparison.Ordinal); i++)
        {
            last = await GreetingAsync();
        }

        Assert.Contains("is blocked because of many connection errors", last, StringComparison.Ordinal);
        var blocked = await CheckRun.StartAsync(new ConfigFile().AddTcp("in", FreePorts.Next(), $"{backend}", new { Mode = "None" }), network.Gateway);
        var finding = blocked.The("proxy-header", "TcpProxy:Clusters:in:Destinations:in-0:Address");
        Assert.Equal("fail", finding.Severity);
        Assert.Contains("is blocked because of many connection errors", finding.What, StringComparison.Ordinal);
        Assert.Contains("flush-hosts", finding.Cure, StringComparison.Ordinal);

        async Task<string> GreetingAsync()
        {
            using var peer = await TcpPeer.ConnectAsync(backend, inside: network.Gateway);
            var buffer = new byte[512];
            return Encoding.ASCII.GetString(buffer, 0, await peer.ReadAsync(buffer));
        }
    }
}
