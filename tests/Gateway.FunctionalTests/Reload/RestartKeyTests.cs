using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Reload;

/// <summary>Keys that are read at start only: the file is taken, the old value stays in use, and everybody says so.</summary>
public sealed class RestartKeyTests
{
    private const string Gauge = "gateway_config_restart_required";

    [Fact]
    public async Task Keys_Changed_WarnOnceEachAndTheGaugeSaysSoUntilTheyAreChangedBack()
    {
        var config = ConfigFile.Tcp(FreePorts.Next(), "127.0.0.1:9", new { Mode = "None" }).Set("Limits:MaxConnections", 2000);
        await using var gateway = await GatewayProcess.StartAsync(config);
        Assert.Equal(0, await gateway.WaitForMetricAsync(Gauge, static _ => true));

        var changed = config.Copy().Set("Limits:MaxConnections", 3000).Set("TcpProxy:Accept", "Kestrel").Set("TcpProxy:Dnat:Table", "other").Set("TcpProxy:Engine", "Portable");
        await gateway.ReloadAsync(changed);
        Assert.Equal(1, await gateway.WaitForMetricAsync(Gauge, static value => value > 0));
        // The next file has the same values, and something else: nobody is told twice.
        await gateway.ReloadAsync(changed.Copy().Set("Shutdown:DrainDelay", "1s"));

        foreach (var (key, written, inUse) in new[]
        {
            ("Limits:MaxConnections", "3000", "2000"), ("TcpProxy:Accept", "Kestrel", "Auto"), ("TcpProxy:Dnat:Table", "other", "gateway_dnat"), ("TcpProxy:Engine", "Portable", "Auto"),
        })
        {
            var line = Assert.Single(gateway.Process.Lines, line => line.Contains($"{key} is read at start only", StringComparison.Ordinal));
            Assert.True(LogLevels.IsComplaint(line) && !LogLevels.IsError(line), line);
            Assert.Contains($"the file says {written}, {inUse} stays in use", line, StringComparison.Ordinal);
        }

        await gateway.ReloadAsync(config.Copy().Set("Shutdown:DrainDelay", "0s"));
        Assert.Equal(0, await gateway.WaitForMetricAsync(Gauge, static value => value == 0));
    }

    [Fact]
    public async Task SelfTest_LimitChanged_SpeaksOfTheOneInUse()
    {
        var config = new ConfigFile().Set("Limits:MaxConnections", 2000);
        await using var gateway = await GatewayProcess.StartAsync(config);

        await gateway.ReloadAsync(config.Copy().Set("Limits:MaxConnections", 3000));

        using var check = await gateway.AdminAsync("/check");
        var report = await check.Content.ReadAsStringAsync();
        Assert.Contains("2000 connections at once", report, StringComparison.Ordinal);
        Assert.DoesNotContain("3000 connections", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_LineThatSaysInForce_NamesWhatChanged()
    {
        var config = ConfigFile.Tcp(FreePorts.Next(), "127.0.0.1:9", new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(config);

        await gateway.ReloadAsync(config.Copy().AddTcp("more", FreePorts.Next(), "127.0.0.1:9", new { Mode = "None" }).Set("TcpProxy:Routes:in:IdleTimeout", "10m").Set("TcpProxy:Engine", "Portable"));

        var line = await gateway.Process.WaitForLineAsync(static line => line.Contains("is in force", StringComparison.Ordinal), "in force");
        // Probes and Admin are not among them, in the line as in the API.
        Assert.Contains(" is in force: 2 listeners, 2 TCP routes, 0 HTTP routes; added Listeners:more, ", line, StringComparison.Ordinal);
        using var answer = await gateway.AdminAsync("/api/config");
        Assert.Contains(
            "\"listeners\":2,\"tcpRoutes\":2,\"httpRoutes\":0", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("TcpProxy:Routes:more", line, StringComparison.Ordinal);
        Assert.Contains("TcpProxy:Routes:in:IdleTimeout", line, StringComparison.Ordinal);
        // It is not in force.
        Assert.DoesNotContain("TcpProxy:Engine", line, StringComparison.Ordinal);
    }
}
