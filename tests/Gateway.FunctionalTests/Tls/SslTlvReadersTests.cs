using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>What programs that read PROXY headers make of ours, where TLS has ended here.</summary>
public sealed class SslTlvReadersTests
{
    private const string Name = "db.example.com";
    private const string Expected =
        "http/1.1|db.example.com|true|true|true|0|TLSv1.3|client-7|TLS_AES_128_GCM_SHA256|ecdsa-with-SHA256|EC256";

    [Fact]
    public async Task Varnish_ReadsEveryTlv()
    {
        var behind = FreePorts.Next();
        const string answer = """
            proxy.alpn() + "|" + proxy.authority() + "|" + proxy.is_ssl() + "|" + proxy.client_has_cert_conn() + "|" + proxy.client_has_cert_sess()
                + "|" + proxy.ssl_verify_result() + "|" + proxy.ssl_version() + "|" + proxy.client_cert_cn() + "|" + proxy.ssl_cipher()
                + "|" + proxy.cert_sign() + "|" + proxy.cert_key()
            """;
        await using var varnish = await VarnishPeer.StartBehindAsync(behind, answer);

        Assert.Equal(Expected, await GetAsync(behind));
    }

    [Fact]
    public async Task Varnish_OfTls12_ReadsOpenSslsNameOfTheCipher()
    {
        var behind = FreePorts.Next();
        await using var varnish = await VarnishPeer.StartBehindAsync(behind, """proxy.ssl_version() + "|" + proxy.ssl_cipher()""");

        Assert.Equal(
            "TLSv1.2|ECDHE-ECDSA-AES128-GCM-SHA256",
            await GetAsync(behind, "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"));
    }

    [Fact]
    public async Task Haproxy_ReadsTheAuthority()
    {
        var behind = FreePorts.Next();
        await using var haproxy = await HaproxyPeer.StartAsync($$"""
            frontend back
                mode http
                bind 127.0.0.1:{{behind}} accept-proxy
                http-request return status 200 content-type text/plain lf-string "%[fc_pp_authority]"
            """);

        Assert.Equal(Name, await GetAsync(behind));
    }

    [Fact]
    public async Task Nginx_ReadsEveryTlv()
    {
        var version = (await ProcessRunner.RunAsync([DebianPeer.Require("nginx"), "-v"])).Output.Split('/')[^1].Split(' ')[0].Trim();
        Assert.SkipUnless(Version.Parse(version) >= new Version(1, 23, 2), $"nginx {version} reads no TLVs (since 1.23.2).");
        var behind = FreePorts.Next();
        const string tlv = "$proxy_protocol_tlv_";
        await using var nginx = await NginxPeer.StartAsync(behind, http: $$"""
            server {
                listen 127.0.0.1:{{behind}} proxy_protocol;
                location / { return 200 '{{tlv}}alpn|{{tlv}}authority|true|true|true|{{tlv}}ssl_verify|{{tlv}}ssl_version|{{tlv}}ssl_cn|{{tlv}}ssl_cipher|{{tlv}}ssl_sig_alg|{{tlv}}ssl_key_alg'; }
            }
            """);

        Assert.Equal(Expected, await GetAsync(behind));
    }

    private static async Task<string> GetAsync(int behind, params string[] arguments)
    {
        var curl = DebianPeer.Require("curl");
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        var own = PemPair.Write(folder, "client", authority.Issue("client-7"));
        var authorities = folder.Write("ca.crt", authority.Pem);
        var port = FreePorts.Next();
        var config = new ConfigFile()
            .AddTls(
                "in",
                $"127.0.0.1:{port}",
                $"127.0.0.1:{behind}",
                TlsConfigs.WithTlvs,
                PemPair.Write(folder, "server", authority.Issue("server", Name)))
            .Set("Listeners:in:Tls:Alpn", new[] { "http/1.1" })
            .Set("Listeners:in:Tls:ClientCertificates", new { Mode = "Required", CaPath = authorities });
        await using var gateway = await GatewayProcess.StartAsync(config);
        string[] fixedCipher = arguments.Length == 0 ? ["--tls13-ciphers", "TLS_AES_128_GCM_SHA256"] : arguments;
        return (await ProcessRunner.RunAsync([
            curl, "-sS", "--noproxy", "*", "--cacert", authorities, "--cert", own.Path, "--key", own.KeyPath, .. fixedCipher,
            "--resolve", $"{Name}:{port}:127.0.0.1", $"https://{Name}:{port}/"])).RequireSuccess().StandardOutput;
    }
}
