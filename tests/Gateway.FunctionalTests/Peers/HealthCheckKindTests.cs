using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Peers;

/// <summary>Checks that know the protocol, of real servers that are well, stopped, or another than they should be.</summary>
public sealed class HealthCheckKindTests
{
    private const int SigCont = 18;
    private const int SigStop = 19;
    private const int Fall = 3;

    [Fact]
    public async Task Redis_Stopped_ConnectStaysGreenAndExchangeGoesDownAndComesBack()
    {
        await using var redis = await RedisPeer.StartAsync();
        var config = Checked(("connect", new { Interval = "100ms", Timeout = "10s" }), ("ping", new
        {
            Kind = "Exchange",
            Send = "PING\r\n",
            Expect = "+PONG",
            Interval = "100ms",
            Timeout = "1500ms",
            Fall,
            Rise = 2,
        }));
        await using var gateway = await GatewayProcess.StartAsync(config(redis.Port));
        await gateway.WaitForMetricAsync(
            "gateway_destination_health_check_duration_seconds_count", count => count >= 2, ("cluster", "ping"));
        Assert.Equal(0, await FailedAsync(gateway, "ping"));

        redis.Process.Signal(SigStop);
        await gateway.WaitForMetricAsync("gateway_destination_healthy", value => value == 0, ("cluster", "ping"));
        Assert.True(await FailedAsync(gateway, "ping") >= Fall);
        Assert.Equal(1, await HealthyAsync(gateway, "connect"));
        Assert.Equal(0, await FailedAsync(gateway, "connect"));
        await gateway.Process.WaitForLineAsync(
            line => line.Contains(
                $"(Exchange check, 127.0.0.1:{redis.Port}: expected \"+PONG\" and got nothing (timeout))", StringComparison.Ordinal),
            "why");

        redis.Process.Signal(SigCont);
        await gateway.WaitForMetricAsync("gateway_destination_healthy", value => value == 1, ("cluster", "ping"));
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_destination_ejections_total", ("cluster", "ping")));
    }

    /// <summary>The clients of a primary that became a replica would be refused each write until they connect anew.</summary>
    [Theory]
    [InlineData(Engines.Linux)]
    [InlineData(Engines.Portable)]
    public async Task Redis_Demoted_ItsConnectionsEndAndNewOnesGoToTheNewPrimary(string engine)
    {
        await using var old = await RedisPeer.StartAsync();
        await using var primary = await RedisPeer.StartAsync();
        (await RedisPeer.CliAsync(primary.Port, "replicaof", "127.0.0.1", $"{old.Port}")).RequireSuccess();
        var port = FreePorts.Next();
        var config = new ConfigFile().Listener("in", $"127.0.0.1:{port}", "Tcp").Set("TcpProxy:Engine", engine)
            .Route("in", new { Listener = "in", ClusterId = "in", SourceIp = new { Mode = "None" } })
            .Cluster("in", $"127.0.0.1:{old.Port}", $"127.0.0.1:{primary.Port}")
            .Set("TcpProxy:Clusters:in:HealthCheck", new
            {
                Active = new
                {
                    Kind = "Exchange",
                    Send = "INFO replication\r\n",
                    Expect = "role:master",
                    Interval = "100ms",
                    Timeout = "10s",
                    Fall = 1,
                    Rise = 1,
                },
                WhenUnhealthy = "Close",
                WhenAllDown = "Reject",
            });
        await using var gateway = await GatewayProcess.StartAsync(config);
        await gateway.WaitForMetricAsync("gateway_destination_healthy", value => value == 0, ("destination", "in-1"));
        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("SET k v\r\n");
        Assert.Equal("+OK", await client.ReadLineAsync());

        (await RedisPeer.CliAsync(primary.Port, "replicaof", "no", "one")).RequireSuccess();
        (await RedisPeer.CliAsync(old.Port, "replicaof", "127.0.0.1", $"{primary.Port}")).RequireSuccess();

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        await gateway.WaitForAccessAsync("reason=unhealthy", "destination=in-0");
        await gateway.WaitForMetricAsync("gateway_destination_healthy", value => value == 1, ("destination", "in-1"));
        using var next = await TcpPeer.ConnectAsync(port);
        await next.SendAsync("SET k w\r\n");
        Assert.Equal("+OK", await next.ReadLineAsync());
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_tcp_connection_closed_total", ("reason", "unhealthy")));
    }

    [Fact]
    public async Task PostgreSql_SslRequest_IsAnswered()
    {
        const string SslRequest = @"\x00\x00\x00\x08\x04\xd2\x16\x2f";
        await using var postgres = await PostgresPeer.StartAsync();
        var config = Checked(
            ("no", new { Kind = "Exchange", Send = SslRequest, Expect = "N", Interval = "100ms" }),
            ("yes", new { Kind = "Exchange", Send = SslRequest, Expect = "S", Interval = "100ms" }),
            ("tls", new { Kind = "Tls", Interval = "100ms" }));
        await using var gateway = await GatewayProcess.StartAsync(config(postgres.Port)
            .Set("Listeners:tls:ClientHello", new { StartTls = "PostgreSql" }));

        await gateway.WaitForMetricAsync("gateway_destination_healthy", value => value == 0, ("cluster", "yes"));
        await gateway.WaitForMetricAsync("gateway_destination_healthy", value => value == 0, ("cluster", "tls"));
        Assert.Equal(1, await HealthyAsync(gateway, "no"));
        await gateway.Process.WaitForLineAsync(static line => line.Contains("expected \"S\" and got \"N\" (", StringComparison.Ordinal), "why");
        await gateway.Process.WaitForLineAsync(static line => line.Contains("tls:declined", StringComparison.Ordinal), "why of TLS");
    }

    /// <summary>nginx closes on a connection without a header, and on a header that comes in two segments.</summary>
    [Fact]
    public async Task Nginx_WithProxyProtocol_AnswersHttpChecksThatSendTheHeader()
    {
        var behind = FreePorts.Next();
        await using var nginx = await NginxPeer.StartAsync(behind, http: $$"""
            server {
                listen 127.0.0.1:{{behind}} proxy_protocol;
                location /healthz { return 204; }
                location /busy { return 503; }
            }
            """);
        var config = Checked(
            ("auto", new { Kind = "Http", Path = "/healthz", Interval = "100ms" }),
            ("v1", new { Kind = "Http", Path = "/healthz", Interval = "100ms", ProxyProtocol = "V1" }),
            ("none", new { Kind = "Http", Path = "/healthz", Interval = "100ms", ProxyProtocol = "None" }),
            ("busy", new { Kind = "Http", Path = "/busy", Interval = "100ms" }),
            ("port", new { Kind = "Http", Path = "/healthz", Interval = "100ms", Port = behind }));
        await using var gateway = await GatewayProcess.StartAsync(config(behind)
            .Set("TcpProxy:Clusters:port:Destinations:port-0:Address", $"127.0.0.1:{FreePorts.Next()}"));

        await gateway.WaitForMetricAsync("gateway_destination_healthy", value => value == 0, ("cluster", "none"));
        await gateway.WaitForMetricAsync("gateway_destination_healthy", value => value == 0, ("cluster", "busy"));
        foreach (var name in new[] { "auto", "v1", "port" })
        {
            await gateway.WaitForMetricAsync(
                "gateway_destination_health_check_duration_seconds_count", count => count >= 3, ("cluster", name));
            Assert.Equal((name, 0, 1), (name, await FailedAsync(gateway, name), await HealthyAsync(gateway, name)));
        }

        await gateway.Process.WaitForLineAsync(
            line => line.Contains($"(Http check, 127.0.0.1:{behind}: status 503)", StringComparison.Ordinal), "why");
    }

    // One TCP listener, route and cluster for each check; the routes send a V2 header, which a check sends only to whom it speaks.
    private static Func<int, ConfigFile> Checked(params (string Name, object Active)[] checks) => port =>
    {
        var config = new ConfigFile();
        foreach (var (name, active) in checks)
        {
            var sourceIp = checks[0].Name == "auto" ? new { Mode = "ProxyProtocol" } : new { Mode = "None" };
            config.AddTcp(name, FreePorts.Next(), $"127.0.0.1:{port}", sourceIp)
                .Set($"TcpProxy:Clusters:{name}:HealthCheck", new { Active = active });
        }

        return config;
    };

    private static async Task<double> FailedAsync(GatewayProcess gateway, string cluster) => (await gateway.MetricsAsync())
        .Sum("gateway_destination_health_check_duration_seconds_count", ("cluster", cluster), ("result", "failed"));

    private static async Task<double> HealthyAsync(GatewayProcess gateway, string cluster) =>
        (await gateway.MetricsAsync()).Sum("gateway_destination_healthy", ("cluster", cluster));
}
