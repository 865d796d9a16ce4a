using System.Text;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A real HAProxy in front: where it ends TLS, and where TLS ends here behind its header.</summary>
public sealed class HaproxyTlsTests
{
    private static readonly object FromLoopback = new { TrustedProxies = new[] { "127.0.0.1/32" } };

    [Fact]
    public async Task Haproxy_EndsTls_ItsTlvsWithTheClientsNameArePassedOn()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        var server = authority.Issue("site", "site.example");
        var client = PemPair.Write(folder, "client", authority.Issue("client-7"));
        await using var backend = RecordingTcpServer.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, backend.Address, new { Mode = "ProxyProtocol", PassThroughTlvs = new[] { "Ssl" } }, FromLoopback));
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front} ssl crt {folder.Write(
                "site.pem",
                server.Certificate + "\n" + server.Key + "\n"
            )} ca-file {folder.Write("ca.crt", authority.Pem)} verify required
                server gateway 127.0.0.1:{port} send-proxy-v2-ssl-cn
            """);

        var running = OpensslPeer.ConnectAsync(front, "hello", "-cert", client.Path, "-key", client.KeyPath, "-tls1_3");
        using (var accepted = await backend.NextAsync())
        {
            var ssl = WireSsl.Of(await WireHeader.ReadAsync(accepted))!;
            Assert.Equal((7, 0u, "TLSv1.3", "client-7"), (ssl.Client, ssl.Verify, ssl.Version, ssl.CommonName));
            Assert.Equal("hello", await accepted.ReadTextAsync(5));
        }

        await running;
    }

    [Fact]
    public async Task Haproxy_SendsItsHeaderBeforeTls_BothAreRead()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        await using var backend = RecordingTcpServer.Start();
        var (front, port) = (FreePorts.Next(), FreePorts.Next());
        var pair = PemPair.Write(folder, "site", authority.Issue("site", "site.example"));
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile()
            .AddTls("in", $"127.0.0.1:{port}", backend.Address, TlsConfigs.WithTlvs, pair)
            .Set("Listeners:in:ProxyProtocol", FromLoopback));
        await using var haproxy = await HaproxyPeer.StartAsync($"""
            listen front
                bind 127.0.0.1:{front}
                server gateway 127.0.0.1:{port} send-proxy-v2 ssl ca-file {folder.Write(
                "ca.crt",
                authority.Pem
            )} verify required sni str(site.example) verifyhost site.example
            """);

        using var client = await TcpPeer.ConnectAsync(front, "127.0.0.9");
        await client.SendAsync("hello");
        using var accepted = await backend.NextAsync();
        var header = await WireHeader.ReadAsync(accepted);

        Assert.Equal(client.Local, header.Source);
        Assert.Equal(client.Remote, header.Destination);
        Assert.Equal("site.example", Encoding.ASCII.GetString(header.Tlv(2)!));
        Assert.Equal((1, "TLSv1.3"), (WireSsl.Of(header)!.Client, WireSsl.Of(header)!.Version));
        Assert.Equal("hello", await accepted.ReadTextAsync(5));
        await accepted.SendAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
    }
}
