using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Gateway.FunctionalTests.Peers;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Tls;

/// <summary>Https listeners, as curl and openssl see them.</summary>
public sealed class HttpsTests : IDisposable
{
    private readonly TestAuthority _authority = new("Test CA");
    private readonly TemporaryFolder _folder = new();
    private readonly SecretFolder _shop;
    private readonly SecretFolder _wild;
    private readonly int _port = FreePorts.Next();
    private readonly string _ca;

    public HttpsTests()
    {
        _shop = new SecretFolder(_authority.Issue("shop", "shop.example"));
        _wild = new SecretFolder(_authority.Issue("wild", "*.shop.example"));
        _ca = _folder.Write("ca.crt", _authority.Pem);
    }

    public void Dispose()
    {
        _shop.Dispose();
        _wild.Dispose();
        _folder.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("--http1.1", "1.1")]
    [InlineData("--http2", "2")]
    public async Task Curl_OfEitherVersion_BackendLearnsClientAndScheme(string option, string version)
    {
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(Config(backend));

        var answer = (await TlsClient.CurlAsync("shop.example", _port, _ca, option, "-w", "version=%{http_version}"))
            .RequireSuccess()
            .StandardOutput;

        Assert.Contains("X-Forwarded-Proto: https\r\n", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("X-Forwarded-For: 127.0.0.1\r\n", answer, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith($"version={version}", answer, StringComparison.Ordinal);
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_tls_handshakes_total", ("listener", "web"), ("result", "full")));
        var line = await gateway.WaitForAccessAsync("listener=web", "status=200");
        Assert.Contains("tls=TLSv1.3", line.Text, StringComparison.Ordinal);
        Assert.Contains("sni=shop.example", line.Text, StringComparison.Ordinal);
        Assert.Empty(gateway.Complaints());
    }

    [Theory]
    [InlineData("--http1.1")]
    [InlineData("--http2")]
    public async Task Curl_UploadLongerThanABuffer_ArrivesWhole(string option)
    {
        await using var backend = HttpBackend.StartHashing();
        await using var gateway = await GatewayProcess.StartAsync(Config(backend));
        var body = new string('u', 200_000);

        var answer = await TlsClient.CurlAsync(
            "shop.example", _port, _ca, option, "-H", "Expect:", "--data-binary", $"@{_folder.Write("upload", body)}");

        Assert.Equal(Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(body))), answer.RequireSuccess().StandardOutput);
    }

    [Theory]
    [InlineData("--http1.1")]
    [InlineData("--http2")]
    public async Task Curl_OfAClientThatIsNotAdmitted_GetsTheAnswer(string option)
    {
        await using var backend = HttpBackend.Start();
        var config = Config(backend).Set("Listeners:web:Limits", new { PerClient = new { ConnectionsPerSecond = 0.001 } });
        await using var gateway = await GatewayProcess.StartAsync(config);

        var answers = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            answers.Add((await TlsClient.CurlAsync("shop.example", _port, _ca, option, "-o", "/dev/null", "-w", "%{http_code}"))
                .RequireSuccess().StandardOutput);
        }

        Assert.Equal(["200", "429"], answers);
        await gateway.WaitForMetricAsync(
            "gateway_tcp_connection_rejected_total", static v => v == 1, ("listener", "web"), ("reason", "client_limit"));
        await gateway.WaitForMetricAsync(
            "gateway_http_request_failures_total", static v => v == 1, ("listener", "web"), ("reason", "client_limit"));
        await gateway.WaitForAccessAsync("status=429", "error=client_limit", "detail=ConnectionsPerSecond");

        await gateway.ReloadAsync(config.Remove("Listeners:web:Limits")
            .Set("Listeners:web:Access", new { Deny = new[] { "127.0.0.1/32" } }));
        Assert.Equal(
            "403",
            (await TlsClient.CurlAsync("shop.example", _port, _ca, option, "-o", "/dev/null", "-w", "%{http_code}")).StandardOutput);
    }

    [Fact]
    public async Task Names_ChooseTheCertificate_AndUnknownOnesGetTheAlert()
    {
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(Config(backend));

        Assert.Equal("shop", await TlsClient.SubjectAsync(_port, "shop.example"));
        Assert.Equal("wild", await TlsClient.SubjectAsync(_port, "a.SHOP.example"));
        var unknown = await TlsClient.HandshakeAsync(_port, "other.example");
        var none = await TlsClient.HandshakeAsync(_port, null);

        Assert.Contains("alert number 112", unknown, StringComparison.Ordinal);
        Assert.Contains("alert number 112", none, StringComparison.Ordinal);
        await gateway.WaitForAccessAsync("listener=web", "reason=tls", "detail=unrecognized_name");
        await gateway.WaitForMetricAsync(
            "gateway_tls_handshakes_total", static v => v == 2, ("listener", "web"), ("result", "unrecognized_name"));
        await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", static v => v == 2, ("listener", "web"), ("reason", "tls"));
    }

    [Fact]
    public async Task DefaultCertificate_UnknownName_GetsIt()
    {
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(Config(backend).Set("Listeners:web:Tls:DefaultCertificate", "wild"));

        Assert.Equal("wild", await TlsClient.SubjectAsync(_port, "other.example"));
        Assert.Equal("wild", await TlsClient.SubjectAsync(_port, null));
    }

    [Fact]
    public async Task ClientWithoutAByte_IsAHealthCheck_AndPlainHttpIsRefused()
    {
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(Config(backend));

        using (var silent = new TcpClient())
        {
            await silent.ConnectAsync("127.0.0.1", _port);
        }

        await gateway.WaitForMetricAsync("gateway_tcp_health_checks_total", static count => count == 1, ("listener", "web"));
        using var client = new HttpClient();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://127.0.0.1:{_port}/")));
        await gateway.WaitForAccessAsync("listener=web", "reason=tls", "detail=not_tls");
    }

    [Fact]
    public async Task SilentClient_AfterHandshakeTimeout_IsEnded()
    {
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(Config(backend).Set("Listeners:web:Tls:HandshakeTimeout", "300ms"));
        using var silent = new TcpClient();
        await silent.ConnectAsync("127.0.0.1", _port);

        await gateway.WaitForAccessAsync("listener=web", "reason=tls", "detail=silent");
    }

    [Theory]
    [InlineData("Required")]
    [InlineData("Optional")]
    public async Task ClientCertificate_Verified_IsToldInHeaders(string mode)
    {
        var jane = _authority.Issue("Jane Doe");
        using var stranger = new TestAuthority("Stranger");
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(
            Config(backend)
                .Set("Listeners:web:Tls:ClientCertificates", new { Mode = mode, CaPath = _ca })
                .Set(
                    "Listeners:web:TlvHeaders",
                    new
                    {
                        SslClientCn = "X-Client",
                        SslVerify = "X-Verify",
                        SslVersion = "X-Tls",
                        SslClientCert = "X-Cert",
                    }));

        var shown = (await CurlWithAsync(jane, "-H", "X-Client: forged", "-H", "X_Verify: forged")).RequireSuccess().StandardOutput;
        var none = await TlsClient.CurlAsync("shop.example", _port, _ca, "-H", "X-Client: forged");
        var strangers = await CurlWithAsync(stranger.Issue("Mallory"));

        Assert.Contains("X-Client: Jane Doe\r\n", shown, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("X-Verify: SUCCESS\r\n", shown, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("X-Tls: TLSv1.3\r\n", shown, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("X-Cert: :MII", shown, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("forged", shown, StringComparison.Ordinal);
        Assert.NotEqual(0, strangers.ExitCode);
        await gateway.WaitForAccessAsync("listener=web", "reason=tls", "detail=client_certificate_untrusted");
        if (mode == "Optional")
        {
            Assert.Contains("X-Verify: NONE\r\n", none.RequireSuccess().StandardOutput, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("forged", none.StandardOutput, StringComparison.Ordinal);
        }
        else
        {
            Assert.NotEqual(0, none.ExitCode);
            await gateway.WaitForAccessAsync("listener=web", "reason=tls", "detail=client_certificate_none");
        }
    }

    [Fact]
    public async Task ProxyHeader_BeforeTls_NamesTheClient()
    {
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(
            Config(backend).Set("Listeners:web:ProxyProtocol", new { TrustedProxies = new[] { "127.0.0.0/8" } }));

        var answer = (await TlsClient.CurlAsync("shop.example", _port, _ca, "--haproxy-protocol")).RequireSuccess().StandardOutput;

        Assert.Contains("X-Forwarded-For: 127.0.0.1\r\n", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("X-Forwarded-Proto: https\r\n", answer, StringComparison.OrdinalIgnoreCase);
        await gateway.WaitForAccessAsync("listener=web", "source=ProxyProtocolV1", "status=200");
    }

    [Fact]
    public async Task ProxyHeader_NotExpected_IsRefusedWithItsCause()
    {
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(Config(backend));
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _port);
        await client.GetStream().WriteAsync(WireHeader.V2("203.0.113.7:4711", "192.0.2.1:443"));

        await gateway.WaitForAccessAsync("listener=web", "reason=proxy_protocol");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Session_AcrossAReloadOfTheConfiguration_IsResumed(string version)
    {
        await using var backend = HttpBackend.Start();
        var config = Config(backend);
        await using var gateway = await GatewayProcess.StartAsync(config);
        var session = _folder.Combine("session");
        // The tickets of TLS 1.3 come behind the handshake: the client waits for an answer.
        var first = await TlsClient.RequestAsync(_port, "shop.example", version, "-sess_out", session);
        await gateway.ReloadAsync(config.Copy().Set("Shutdown:DrainTimeout", "1s").Set("Listeners:web:Tls:HandshakeTimeout", "9s"));

        var second = await TlsClient.RequestAsync(_port, "shop.example", version, "-sess_in", session);

        Assert.Contains("New, TLSv1", first, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1", second, StringComparison.Ordinal);
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_tls_handshakes_total", ("listener", "web"), ("result", "resumed")));
    }

    [Fact]
    public async Task Request_OverTheLimitOfHeaders_IsAnsweredInBothVersions()
    {
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(
            Config(backend).Set("Listeners:web:HttpLimits", new { MaxRequestHeadersBytes = 2048 }));
        var large = $"X-Large: {new string('a', 4000)}";

        foreach (var version in new[] { "--http1.1", "--http2" })
        {
            var answer = await TlsClient.CurlAsync(
                "shop.example",
                _port,
                _ca,
                version,
                "-H",
                large,
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}");
            Assert.Equal("431", answer.RequireSuccess().StandardOutput);
        }
    }

    private Task<ProcessResult> CurlWithAsync(TestCertificate own, params string[] options) => TlsClient.CurlAsync(
        "shop.example",
        _port,
        _ca,
        ["--cert", _folder.Write("own.crt", own.Certificate), "--key", _folder.Write("own.key", own.Key), .. options]);

    private ConfigFile Config(RecordingTcpServer backend) => new ConfigFile().AddHttp("web", _port, backend.Address)
        .Set("Listeners:web:Protocol", "Https")
        .Set("Listeners:web:Tls", new { Certificates = new { wild = _wild.Section, shop = _shop.Section } });
}
