using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>What alerts watch is there at zero before anything has happened, so that rate() and increase() see the first event.</summary>
public sealed class StartAtZeroTests
{
    private static readonly string[] Rejected =
    [
        "limit",
        "draining",
        "proxy_protocol",
        "no_route",
        "no_destination",
        "original_destination",
        "client_reset",
        "resources",
        "error",
    ];
    private static readonly string[] RejectedHttp = ["limit", "draining", "proxy_protocol", "toa"];

    private static readonly string[] Closed =
    [
        "client_fin",
        "backend_fin",
        "client_reset",
        "backend_reset",
        "idle_timeout",
        "max_duration",
        "drain",
        "backend_connect_failed",
        "backend_connect_timeout",
        "backend_send_failed",
        "source_ip",
        "resources",
        "no_destination",
        "untrusted_header",
        "late_header",
        "nested_header",
        "health_check",
        "error",
    ];

    [Fact]
    public async Task Metrics_BeforeAnyTraffic_HaveEverySeriesAtZero()
    {
        var (tcp, web) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile
                .Tcp(tcp, "127.0.0.1:9", new { Mode = "ProxyProtocol" }, new { TrustedProxies = new[] { "127.0.0.1/32" } })
                .AddHttp("web", web, "127.0.0.1:9")
                .Set("ReverseProxy:Clusters:web:Metadata", new Dictionary<string, string> { ["SourceIp.Mode"] = "ProxyProtocol" }));

        var metrics = await gateway.MetricsAsync();

        AssertListener(metrics, "in", Rejected);
        AssertListener(metrics, "web", RejectedHttp);
        AssertRoute(metrics, "in", "in");
        foreach (var result in new[] { "proxy", "local", "unknown", "untrusted", "timeout", "disallowed", "error" })
        {
            AssertZero(metrics, "gateway_proxy_protocol_received_total", ("listener", "in"), ("version", "v2"), ("result", result));
        }

        AssertZero(
            metrics,
            "gateway_proxy_protocol_received_total",
            ("listener", "in"),
            ("version", "none"),
            ("result", "absent_rejected"));
        foreach (var cluster in new[] { "in", "web" })
        {
            AssertZero(metrics, "gateway_proxy_protocol_sent_total", ("cluster", cluster), ("version", "v2"));
            AssertZero(metrics, "gateway_proxy_protocol_tlvs_left_out_total", ("cluster", cluster));
            AssertZero(metrics, "gateway_destination_ejections_total", ("cluster", cluster));
        }

        AssertZero(metrics, "gateway_destination_connection_active", ("cluster", "in"), ("destination", "in-0"));
        AssertZero(metrics, "gateway_destination_connect_retries_total", ("cluster", "in"));
        AssertZero(metrics, "gateway_destination_connect_retries_total", ("cluster", "web"));
    }

    [Fact]
    public async Task Metrics_AfterAReloadThatAddsListenersAndRoutes_HaveTheirSeriesAtZero()
    {
        var config = ConfigFile.Tcp(FreePorts.Next(), "127.0.0.1:9", new { Mode = "None" });
        await using var gateway = await GatewayProcess.StartAsync(config);

        await gateway.ReloadAsync(
            config
                .AddTcp("more", FreePorts.Next(), "127.0.0.1:9", new { Mode = "None" })
                .Route(
                    "second",
                    new
                    {
                        Listener = "in",
                        ClusterId = "in",
                        SourceIp = new { Mode = "None" },
                        Match = new { ClientCidrs = new[] { "192.0.2.0/24" } },
                    })
                .AddHttp("web", FreePorts.Next(), "127.0.0.1:9"));

        var metrics = await gateway.MetricsAsync();
        AssertListener(metrics, "more", Rejected);
        AssertListener(metrics, "web", RejectedHttp);
        AssertRoute(metrics, "more", "more");
        AssertRoute(metrics, "in", "second");
    }

    private static void AssertListener(PrometheusText metrics, string listener, IEnumerable<string> reasons)
    {
        AssertZero(metrics, "gateway_tcp_health_checks_total", ("listener", listener));
        foreach (var reason in reasons)
        {
            AssertZero(metrics, "gateway_tcp_connection_rejected_total", ("listener", listener), ("reason", reason));
        }
    }

    private static void AssertRoute(PrometheusText metrics, string listener, string route)
    {
        AssertZero(metrics, "gateway_tcp_received_bytes_total", ("route", route));
        foreach (var family in new[] { "ipv4", "ipv6" })
        {
            AssertZero(metrics, "gateway_tcp_connection_opened_total", ("listener", listener), ("route", route), ("network_type", family));
            foreach (var reason in Closed)
            {
                AssertZero(
                    metrics,
                    "gateway_tcp_connection_closed_total",
                    ("listener", listener),
                    ("route", route),
                    ("network_type", family),
                    ("reason", reason));
            }
        }
    }

    private static void AssertZero(PrometheusText metrics, string name, params (string Name, string Value)[] labels)
    {
        var series = metrics
            .Samples.Where(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value))
            .ToList();
        Assert.True(series is [{ Value: 0 }], $"{name}{{{string.Join(',', labels)}}} is not one series at zero:\n{metrics.Only(name)}");
    }
}
