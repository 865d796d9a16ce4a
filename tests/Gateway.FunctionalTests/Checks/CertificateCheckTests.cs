using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks;

/// <summary>Certificates of backends that want a PROXY header before TLS.</summary>
public sealed class CertificateCheckTests
{
    [Fact]
    public async Task Certificates_BehindAProxyHeader_AreSeenAndJudged()
    {
        using var folder = new TemporaryFolder();
        var (good, expired, plain) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var now = DateTimeOffset.UtcNow;
        var (goodFiles, goodPem) = Certificate(folder, "good", now.AddDays(-1), now.AddDays(90));
        var (expiredFiles, expiredPem) = Certificate(folder, "expired", now.AddDays(-10), now.AddDays(-2));
        await using var nginx = await NginxPeer.StartAsync(plain, http: $$"""
            server { listen 127.0.0.1:{{good}} ssl proxy_protocol; {{goodFiles}} return 200 x; }
            server { listen 127.0.0.1:{{expired}} ssl proxy_protocol; {{expiredFiles}} return 200 x; }
            server { listen 127.0.0.1:{{plain}} ssl; {{goodFiles}} return 200 x; }
            """);
        var config = new ConfigFile();
        foreach (var (name, port, mode, version) in new[]
        {
            ("v1", good, "ProxyProtocol", "V1"), ("v2", good, "ProxyProtocol", "V2"), ("expired", expired, "ProxyProtocol", "V2"),
            ("unwanted", plain, "ProxyProtocol", "V2"), ("missing", good, "None", "V2"),
        })
        {
            var metadata = new Dictionary<string, string> { ["SourceIp.Mode"] = mode };
            if (mode == "ProxyProtocol")
            {
                metadata["SourceIp.Version"] = version;
            }

            config.AddHttp(name, FreePorts.Next(), $"127.0.0.1:{port}").Set($"ReverseProxy:Clusters:{name}:Metadata", metadata)
                .Set($"ReverseProxy:Clusters:{name}:Destinations", new { d = new { Address = $"https://127.0.0.1:{port}/" } });
        }

        var run = await CheckRun.StartAsync(config, prefix: ["/usr/bin/env", $"SSL_CERT_FILE={folder.Write("roots.pem", goodPem + expiredPem)}"]);

        foreach (var name in new[] { "v1", "v2" })
        {
            Assert.Equal("ok", run.The("proxy-header", Where(name)).Severity);
            Assert.Equal("ok", run.The("certificate", Where(name)).Severity);
        }

        Assert.Equal("ok", run.The("proxy-header", Where("expired")).Severity);
        var refused = run.The("certificate", Where("expired"));
        Assert.Equal("fail", refused.Severity);
        Assert.Contains(now.AddDays(-2).ToString("yyyy-MM-dd", null), refused.What, StringComparison.Ordinal);
        // One fault, one cure.
        foreach (var name in new[] { "unwanted", "missing" })
        {
            Assert.Equal("fail", run.The("proxy-header", Where(name)).Severity);
            var skipped = run.The("certificate", Where(name));
            Assert.Equal(("skip", ""), (skipped.Severity, skipped.Cure));
        }
    }

    private static string Where(string name) => $"ReverseProxy:Clusters:{name}:Destinations:d:Address";

    // Its own root, for 127.0.0.1: nginx's directives, and the certificate.
    private static (string Directives, string Pem) Certificate(TemporaryFolder folder, string name, DateTimeOffset from, DateTimeOffset until)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(from, until);
        var pem = certificate.ExportCertificatePem() + "\n";
        return ($"ssl_certificate {folder.Write($"{name}.pem", pem)}; ssl_certificate_key {folder.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem())};", pem);
    }
}
