using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.FunctionalTests.Tls;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Peers;

/// <summary>The shipped alerts, in a real Prometheus that scrapes a real gateway.</summary>
public sealed partial class PrometheusTests
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
    public async Task Rules_TestedByTheirUnitTests_AreGood()
    {
        var tested = await ProcessRunner.RunAsync(
            [DebianPeer.Require("promtool"), "test", "rules", Path.ChangeExtension(Rules, ".test.yaml")]);

        Assert.True(tested.ExitCode == 0, tested.Output);
    }

    /// <summary>One gateway with everything that needs no rights of its own, and a connection or request of each kind.</summary>
    [Fact]
    public async Task Metrics_ThatAlertsAndDashboardNeed_AreExportedAndTaken()
    {
        DebianPeer.Require("prometheus");
        using var authority = new TestAuthority("Test CA");
        using var shop = new SecretFolder(authority.Issue("shop", "shop.example"));
        await using var echo = RecordingTcpServer.StartEcho();
        await using var backend = HttpBackend.Start();
        var (policed, named, web) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile()
            .AddTcp("policed", policed, echo.Address, new { Mode = "ProxyProtocol" }, new { TrustedProxies = new[] { "192.0.2.0/24" } })
            .AddTcp("named", named, $"localhost:{echo.EndPoint.Port}", new { Mode = "None" })
            .Set("Listeners:named:Limits", new { MaxConnections = 9 })
            .Set("TcpProxy:Routes:named:Limits", new { MaxConnections = 8 })
            .Set("TcpProxy:Clusters:named:Destinations:named-0:MaxConnections", 7)
            .Set("TcpProxy:Clusters:named:Queue", new { MaxLength = 5 })
            .Set("TcpProxy:Clusters:named:HealthCheck", new { Active = new { Interval = "1s" } })
            .AddHttp("web", web, backend.Address)
            .Set("Listeners:web:Protocol", "Https")
            .Set("Listeners:web:Tls", new { Certificates = new { shop = shop.Section }, DefaultCertificate = "shop" }));
        await using var prometheus = await PrometheusPeer.StartAsync(gateway.AdminPort, Rules);
        using (await EchoAsync(named))
        {
        }

        Assert.Equal("shop", await TlsClient.SubjectAsync(web, "shop.example"));
        using (var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true })
        using (var client = new HttpClient(handler))
        {
            await client.GetStringAsync(new Uri($"https://127.0.0.1:{web}/example"));
        }

        await gateway.WaitForMetricAsync("gateway_destination_first_byte_duration_seconds_count", static count => count >= 1);
        await gateway.WaitForMetricAsync("gateway_destination_health_check_duration_seconds_count", static count => count >= 1);
        var expressions = await DashboardExpressionsAsync();
        var rules = await File.ReadAllTextAsync(Rules);
        var metrics = await gateway.MetricsAsync();

        Assert.DoesNotContain(Names(rules).Concat(expressions.SelectMany(Names)).Distinct(), name => !metrics.Has(name));
        foreach (var expression in expressions)
        {
            await prometheus.QueryAsync(expression);
        }

        foreach (var selector in new[]
        {
            "sum(gateway_destination_connection_limit) == 7",
            """rate(gateway_tcp_connection_rejected_total{reason="proxy_protocol"}[5m])""",
            """rate(gateway_tcp_connection_closed_total{reason="untrusted_header"}[5m])""",
            """rate(gateway_tcp_connection_closed_total{reason="late_header"}[5m])""",
            """rate(gateway_tcp_connection_closed_total{reason="nested_header"}[5m])""",
            """rate(gateway_tcp_connection_closed_total{reason="source_ip"}[5m])""",
            """rate(gateway_tcp_connection_closed_total{reason=~"backend_connect_.*|no_destination"}[5m])""",
            """rate(gateway_tcp_connection_rejected_total{reason="no_destination"}[5m])""",
        })
        {
            await SeesAsync(prometheus, selector, selector);
        }

        using var answer = await gateway.AdminAsync("/metrics");
        var linted = await ProcessRunner.RunAsync(
            [DebianPeer.Require("promtool"), "check", "metrics"], await answer.Content.ReadAsStringAsync());
        Assert.True(linted.ExitCode == 0 && linted.Output.Length == 0, linted.Output);
    }

    private static async Task<string[]> DashboardExpressionsAsync()
    {
        using var dashboard = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "deploy/grafana/gateway.json")));
        return
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(static panel => panel.TryGetProperty("targets", out _))
                .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
                .Select(static target => target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "5m", StringComparison.Ordinal)
                    .Replace("$__range", "1h", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal)),
        ];
    }

    // What the kernel forwards, TOA and foreign source addresses need rights; their own tests in Namespaces look at these.
    private static IEnumerable<string> Names(string text) => MetricName().Matches(text).Select(static match => match.Value)
        .Where(static name => name != "dns_question_name" && !name.StartsWith("gateway_forward_", StringComparison.Ordinal)
            && name is not ("gateway_toa_received_total" or "gateway_toa_connect_total" or "gateway_transparent_connect_total"));

    private static Task SeesAsync(PrometheusPeer prometheus, string expression, string what) =>
        Eventually.TrueAsync(async () => (await prometheus.QueryAsync(expression)).Count > 0, what);

    private static async Task<TcpPeer> EchoAsync(int port)
    {
        var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("echo");
        await client.ReadTextAsync(4);
        return client;
    }

    [GeneratedRegex(@"\b(gateway|process|dns)_[a-z_]+\b(?!\.)")]
    private static partial Regex MetricName();
}
