using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Peers;

/// <summary>A real HAProxy in front, as the cloud's load balancer.</summary>
public sealed class HaproxyTests
{
    private static readonly object FromLoopback = new { TrustedProxies = new[] { "127.0.0.1/32" } };

    [Theory]
    [InlineData(Engines.Linux, "send-proxy", 1)]
    [InlineData(Engines.Linux, "send-proxy-v2", 2)]
    [InlineData(Engines.Portable, "send-proxy", 1)]
    [InlineData(Engines.Portable, "send-proxy-v2", 2)]
    public async Task Haproxy_SendsAHeader_BackendLearnsTheClient(string engine, string option, int version)
    {
        await using var backend = RecordingTcpServer.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, backend.Address, new { Mode = "ProxyProtocol" }, FromLoopback).Set("TcpProxy:Engine", engine));
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front}
                server gateway 127.0.0.1:{port} {option}
            """);

        using var client = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await client.SendAsync("hello");
        using var accepted = await backend.NextAsync();
        var header = await WireHeader.ReadAsync(accepted);

        Assert.Equal(client.Local, header.Source);
        Assert.Equal(client.Remote, header.Destination);
        Assert.Equal("hello", await accepted.ReadTextAsync(5));
        await accepted.SendAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
        await gateway.WaitForMetricAsync("gateway_proxy_protocol_received_total", v => v == 1, ("version", $"v{version}"), ("result", "proxy"));
        await gateway.WaitForMetricAsync("gateway_proxy_protocol_sent_total", v => v == 1, ("version", "v2"));
    }

    [Fact]
    public async Task Haproxy_SendsTlvs_ArePassedOn()
    {
        await using var backend = RecordingTcpServer.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, backend.Address, new { Mode = "ProxyProtocol", PassThroughTlvs = new[] { "All" } }, FromLoopback));
        await using var haproxy = await HaproxyPeer.StartAsync($$"""
            frontend front
                bind 127.0.0.1:{{front}}
                unique-id-format %{+X}o%ci:%cp-%Ts
                default_backend gateway
            backend gateway
                server gateway 127.0.0.1:{{port}} send-proxy-v2 proxy-v2-options crc32c,unique-id
            """);

        using var client = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await client.SendAsync("hello");
        using var accepted = await backend.NextAsync();
        var header = await WireHeader.ReadAsync(accepted);

        Assert.Equal(client.Local, header.Source);
        Assert.StartsWith("7F000009:", Encoding.ASCII.GetString(header.Tlv(5) ?? []), StringComparison.Ordinal);
        Assert.True(header.ChecksumIsRight());
    }

    [Fact]
    public async Task Haproxy_SendsAUniqueId_RoutesAreChosenByIt()
    {
        await using var tenant = RecordingTcpServer.Start();
        await using var others = RecordingTcpServer.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        var match = new { Tlvs = new { UniqueId = new[] { "7F000009" } } };
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, others.Address, new { Mode = "None" }, FromLoopback)
            .Route("tenant", new { Listener = "in", ClusterId = "tenant", SourceIp = new { Mode = "None" }, Match = match })
            .Cluster("tenant", tenant.Address));
        await using var haproxy = await HaproxyPeer.StartAsync($$"""
            frontend front
                bind 127.0.0.1:{{front}}
                unique-id-format %{+X}o%ci
                default_backend gateway
            backend gateway
                server gateway 127.0.0.1:{{port}} send-proxy-v2 proxy-v2-options unique-id
            """);

        using var one = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await one.SendAsync("from the tenant");
        using var atTenant = await tenant.NextAsync();
        Assert.Equal("from the tenant", await atTenant.ReadTextAsync(15));
        using var two = await TcpPeer.ConnectAsync(front, "127.0.0.10");
        await two.SendAsync("from another");
        using var atOthers = await others.NextAsync();
        Assert.Equal("from another", await atOthers.ReadTextAsync(12));
        one.Dispose();
        atTenant.Dispose();
        await gateway.WaitForAccessAsync(one.Local.ToString(), "route=tenant", "tlvs=UniqueId:7F000009 ");
    }

    [Fact]
    public async Task Haproxy_ReadsAddedTlvs_AsAuthorityAndUniqueId()
    {
        var (back, port) = (FreePorts.Next(), FreePorts.Next());
        var addTlvs = new { UniqueId = "{connection}", Authority = "{route}.{listener}.example" };
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, $"127.0.0.1:{back}", new { Mode = "ProxyProtocol", AddTlvs = addTlvs }));
        await using var haproxy = await HaproxyPeer.StartAsync($$"""
            frontend back
                mode http
                bind 127.0.0.1:{{back}} accept-proxy
                http-request return status 200 content-type text/plain lf-string "%[fc_pp_authority] %[fc_pp_unique_id]\n"
            """);

        using var client = await TcpPeer.ConnectAsync(port, "127.0.0.9");
        await client.SendAsync("GET / HTTP/1.0\r\n\r\n");
        var answer = Encoding.ASCII.GetString(await client.ReadToEndAsync());
        client.Dispose();

        var line = answer.TrimEnd().Split('\n')[^1].Split(' ');
        Assert.Matches("^[a-z0-9.-]+[.]example$", line[0]);
        Assert.Matches("^[0-9a-f]{16}-[0-9]+$", line[1]);
        await gateway.WaitForAccessAsync(client.Local.ToString(), $"id={line[1]}");
    }

    [Fact]
    public async Task Haproxy_TerminatesTls_ItsSslTlvIsPassedOn()
    {
        await using var backend = RecordingTcpServer.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, backend.Address, new { Mode = "ProxyProtocol", PassThroughTlvs = new[] { "Ssl" } }, FromLoopback));
        using var folder = new TemporaryFolder();
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front} ssl crt {folder.Write("site.pem", SelfSigned())}
                server gateway 127.0.0.1:{port} send-proxy-v2-ssl
            """);

        using var client = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await using var tls = new SslStream(new NetworkStream(client.Socket), false, (_, certificate, _, _) => certificate?.Subject == "CN=example.org");
        await tls.AuthenticateAsClientAsync("example.org").WaitAsync(Eventually.DefaultTimeout);
        await tls.WriteAsync("hello"u8.ToArray());
        using var accepted = await backend.NextAsync();
        var header = await WireHeader.ReadAsync(accepted);

        Assert.Equal(client.Local, header.Source);
        var ssl = header.Tlv(0x20);
        Assert.NotNull(ssl);
        Assert.Equal(1, ssl[0] & 1);
        Assert.Contains("TLSv1.", Encoding.ASCII.GetString(ssl), StringComparison.Ordinal);
        Assert.Equal("hello", await accepted.ReadTextAsync(5));
    }

    // A plain "check" answers SYN-ACK with RST, so that no process ever sees it; "linger" makes it a whole connection, as clouds do.
    [Theory]
    [InlineData("check inter 100ms source 127.0.0.8", "option tcp-check\n    tcp-check connect linger")]
    [InlineData("check inter 100ms send-proxy-v2 check-send-proxy", "")]
    [InlineData("check inter 100ms send-proxy check-send-proxy", "")]
    public async Task Haproxy_ChecksHealth_IsSilentCountedAndSatisfied(string server, string how)
    {
        await using var backend = RecordingTcpServer.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(
            port, backend.Address, new { Mode = "None" }, new { TrustedProxies = new[] { "127.0.0.0/8" }, HealthCheckers = new[] { "127.0.0.8/32" } }));
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front}
                {how}
                server gateway 127.0.0.1:{port} {server}
            """);

        await gateway.WaitForMetricAsync("gateway_tcp_health_checks_total", v => v >= 5, ("listener", "in"));

        Assert.Equal(0, backend.Accepted);
        Assert.Empty(gateway.Complaints());
        Assert.DoesNotContain(haproxy.Process.Lines, l => l.Contains("DOWN", StringComparison.Ordinal));
        var metrics = await gateway.MetricsAsync();
        Assert.Equal(0, metrics.Sum("gateway_tcp_connection_opened_total"));
        Assert.Equal(0, metrics.Sum("gateway_tcp_connection_rejected_total"));
    }

    [Fact]
    public async Task Haproxy_InFrontOfHttp_ClientIsInXForwardedFor()
    {
        await using var backend = HttpBackend.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", port, backend.Address, FromLoopback));
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front}
                server gateway 127.0.0.1:{port} send-proxy-v2
            """);

        using var client = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await client.SendAsync("GET / HTTP/1.1\r\nHost: example.org\r\nX-Forwarded-For: 192.0.2.99\r\nConnection: close\r\n\r\n");
        var answer = Encoding.Latin1.GetString(await client.ReadToEndAsync());

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-For: 192.0.2.99, 127.0.0.9\r\n", answer, StringComparison.OrdinalIgnoreCase);
    }

    private static string SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=example.org", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
    }
}
