using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Peers;

/// <summary>The shipped alerts, in a real Prometheus that scrapes a real gateway.</summary>
public sealed class PrometheusTests
{
    private static readonly string Rules = Path.Combine(RepositoryPaths.Root, "deploy/prometheus/gateway.rules.yaml");

    // Each is provoked once, after the first scrape: an alert on a series that appears with its first event never fires.
    private static readonly string[] Provoked =
    [
        "GatewayConnectionsLoseTheirClient", "GatewayBackendsUnreachable", "GatewayConnectionLimitReached", "GatewayDestinationLeftOut", "GatewayConfigurationRefused", "GatewayRestartRequired",
    ];

    [Fact]
    public async Task Rules_Checked_AreGood()
    {
        var checkedRules = await ProcessRunner.RunAsync([DebianPeer.Require("promtool"), "check", "rules", Rules]);

        Assert.True(checkedRules.ExitCode == 0, checkedRules.Output);
    }

    [Fact]
    public async Task Alerts_OneEventOfEach_Fire()
    {
        DebianPeer.Require("prometheus");
        var (policed, dead, few) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        await using var echo = RecordingTcpServer.StartEcho();
        var config = new ConfigFile()
            .AddTcp("policed", policed, echo.Address, new { Mode = "None" }, new { TrustedProxies = new[] { "192.0.2.0/24" } })
            .AddTcp("dead", dead, $"127.0.0.1:{FreePorts.Next()}", new { Mode = "None" })
            .AddTcp("few", few, echo.Address, new { Mode = "None" })
            .AddTcp("watched", FreePorts.Next(), $"127.0.0.1:{FreePorts.Next()}", new { Mode = "None" })
            .Set("TcpProxy:Clusters:watched:HealthCheck", new { Active = new { Interval = "1s", Rise = 1, Fall = 1 } })
            .Set("Limits:MaxConnections", 2);
        await using var gateway = await GatewayProcess.StartAsync(config);
        await using var prometheus = await PrometheusPeer.StartAsync(gateway.AdminPort, Rules);
        await SeesAsync(prometheus, "gateway_tcp_connection_rejected_total{reason=\"limit\"} == 0", "the first scrape, everything at zero");

        await TcpPeer.ConnectToTheEndAsync(policed);
        await TcpPeer.ConnectToTheEndAsync(dead);
        using (var first = await EchoAsync(few))
        using (var second = await EchoAsync(few))
        {
            await TcpPeer.ConnectToTheEndAsync(few);
            await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", static value => value == 1, ("reason", "limit"));
        }

        await gateway.ReloadAsync(config.Copy().Set("TcpProxy:Accept", "Kestrel"));
        await File.WriteAllTextAsync(gateway.ConfigPath, "{ broken");

        // What nobody provoked is silent.
        await Eventually.GetAsync(
            prometheus.RulesAsync,
            static rules => rules.All(static rule => rule is { Health: "ok", Error: "" } && (rule.State != "inactive") == Provoked.Contains(rule.Name)),
            $"these alerts are there, and no other: {string.Join(", ", Provoked)}");
    }

    [Fact]
    public async Task Metrics_ThatAlertsNeed_ExistWithAllTheirLabels()
    {
        DebianPeer.Require("prometheus");
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(FreePorts.Next(), "127.0.0.1:9", new { Mode = "None" }, new { TrustedProxies = new[] { "192.0.2.0/24" } }));
        await using var prometheus = await PrometheusPeer.StartAsync(gateway.AdminPort, Rules);

        foreach (var selector in new[]
        {
            "gateway_config_last_reload_successful", "gateway_config_restart_required", "gateway_connection_count", "gateway_connection_limit", "process_open_fds", "process_max_fds",
            """rate(gateway_tcp_connection_rejected_total{reason="proxy_protocol"}[5m])""", """rate(gateway_tcp_connection_closed_total{reason="source_ip"}[5m])""",
            """rate(gateway_tcp_connection_closed_total{reason=~"backend_connect_.*|no_destination"}[5m])""", """rate(gateway_tcp_connection_rejected_total{reason="no_destination"}[5m])""",
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds",
        })
        {
            await SeesAsync(prometheus, selector, selector);
        }
    }

    private static Task SeesAsync(PrometheusPeer prometheus, string expression, string what) =>
        Eventually.TrueAsync(async () => (await prometheus.QueryAsync(expression)).Count > 0, what);

    private static async Task<TcpPeer> EchoAsync(int port)
    {
        var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("echo");
        await client.ReadTextAsync(4);
        return client;
    }
}
