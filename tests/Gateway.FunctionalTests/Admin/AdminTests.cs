using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Metrics and health, and who may see them.</summary>
public sealed class AdminTests
{
    [Fact]
    public async Task Metrics_AfterTraffic_HaveOursAndThePlatformsMeters()
    {
        await using var echo = RecordingTcpServer.StartEcho();
        await using var web = Peers.HttpBackend.Start();
        var (port, http) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }).AddHttp("web", http, web.Address));
        using var client = new HttpClient();
        await client.GetStringAsync(new Uri($"http://127.0.0.1:{http}/"));
        using var peer = await TcpPeer.ConnectAsync(port);
        await peer.SendAsync("echo");
        await peer.ReadTextAsync(4);

        string[] names =
        [
            "gateway_tcp_connection_opened_total", "gateway_tcp_connection_active", "gateway_config_last_reload_successful",
            "kestrel_active_connections", "http_server_request_duration_seconds_count", "http_client_request_duration_seconds_count",
        ];
        // A request is measured after its answer has gone out.
        var metrics = await Eventually.GetAsync(gateway.MetricsAsync, all => names.All(all.Has), string.Join(' ', names));

        Assert.Contains(metrics.Samples, s => s.Name.StartsWith("dotnet_gc_", StringComparison.Ordinal) || s.Name.StartsWith("process_runtime_dotnet_gc_", StringComparison.Ordinal));
        Assert.DoesNotContain(metrics.Samples, s => s.Name.StartsWith("gateway_", StringComparison.Ordinal) && s.Labels.Values.Any(v => v.Contains("127.0.0.1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Metrics_AskedForOpenMetrics_AreOpenMetrics()
    {
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile());
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{gateway.AdminPort}/metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text;version=1.0.0"));

        using var response = await client.SendAsync(request);

        Assert.Equal("application/openmetrics-text", response.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("# EOF\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var plain = await gateway.AdminAsync("/metrics");
        Assert.Equal("text/plain", plain.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Probes_AnswerThreePathsAndNothingElse()
    {
        var probes = FreePorts.Next();
        await using var web = Peers.HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().Set("Probes", new { Address = $"*:{probes}" }).AddHttp("web", FreePorts.Next(), web.Address));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{probes}") };

        foreach (var path in new[] { "/healthz/live", "/healthz/ready", "/metrics" })
        {
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        foreach (var path in new[] { "/", "/other", "/healthz", "/metrics/other", "/healthz/live/other" })
        {
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        using var posted = await client.PostAsync(new Uri("/metrics", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
        Assert.Equal(0, web.Accepted);
    }

    [Fact]
    public async Task Probes_WithProxyProtocol_TakeAHeader()
    {
        var probes = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().Set("Probes", new
        {
            Address = $"127.0.0.1:{probes}",
            ProxyProtocol = new { TrustedProxies = new[] { "127.0.0.1/32" }, HealthCheckers = new[] { "127.0.0.2/32" } },
        }));

        foreach (var (from, header) in new[] { ("127.0.0.1", "PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\n"), ("127.0.0.2", ""), ("127.0.0.2", "PROXY UNKNOWN\r\n") })
        {
            using var client = await TcpPeer.ConnectAsync(probes, from);
            await client.SendAsync($"{header}GET /healthz/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(await client.ReadToEndAsync()), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/healthz/live")]
    public async Task PublicListener_AskedForAdminPathsUnderAnyHost_ProxiesThem(string path)
    {
        await using var web = Peers.HttpBackend.Start();
        var http = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", http, web.Address));

        foreach (var host in new[] { $"127.0.0.1:{gateway.AdminPort}", $"localhost:{gateway.AdminPort}", "example.org" })
        {
            using var client = await TcpPeer.ConnectAsync(http);
            await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            var answer = Encoding.ASCII.GetString(await client.ReadToEndAsync());
            Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
            Assert.Contains($"GET {path} HTTP/1.1", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("127.0.0.1:9901", 200)]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:1", 200)]
    [InlineData("[::1]:9901", 200)]
    [InlineData("192.0.2.7", 200)]
    [InlineData("evil.example", 421)]
    [InlineData("localhost.evil.example:9901", 421)]
    [InlineData("127.0.0.1.evil.example", 421)]
    [InlineData("", 421)]
    public async Task Admin_AnyHost_AnswersToAddressesAndLocalhostAlone(string host, int status)
    {
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile());

        foreach (var path in new[] { "/metrics", "/check", "/healthz/ready" })
        {
            Assert.Equal(status, await StatusAsync(gateway.AdminPort, $"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        }
    }

    [Theory]
    [InlineData("", 403)]
    [InlineData("Content-Type: text/plain\r\n", 403)]
    [InlineData("X-Gateway-Request: 1\r\n", 200)]
    public async Task Admin_Post_NeedsAHeaderThatNoWebPageCanSend(string headers, int status)
    {
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile());

        Assert.Equal(status, await StatusAsync(gateway.AdminPort, $"POST /check HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"));
    }

    [Fact]
    public async Task Probes_UnderAName_Answer()
    {
        var probes = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().Set("Probes", new { Address = $"127.0.0.1:{probes}" }));

        Assert.Equal(200, await StatusAsync(probes, "GET /healthz/ready HTTP/1.1\r\nHost: gateway.svc\r\nConnection: close\r\n\r\n"));
    }

    [Fact]
    public async Task Admin_TurnedOff_ListensNowhere()
    {
        var probes = FreePorts.Next();
        var config = new ConfigFile();
        var admin = config.AdminPort;
        config.Set("Admin", null).Set("Probes", new { Address = $"127.0.0.1:{probes}" });
        using var folder = new Testing.TemporaryFolder();
        await using var gateway = await GatewayProcess.StartAsync(new Testing.TemporaryFolder(), folder.Write("a.json", config.ToJson()), probes);

        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => TcpPeer.ConnectAsync(admin));
    }

    private static async Task<int> StatusAsync(int port, string request)
    {
        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync(request);
        return int.Parse((await client.ReadLineAsync()).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
