using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>OCSP answers of our certificate, from OpenSSL's responder, as OpenSSL's client gets them.</summary>
public sealed class OcspTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OcspStapling_WithAResponder_IsStapledWhereItIsOn(bool isOn)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        var (port, responder) = (FreePorts.Next(), FreePorts.Next());
        var issued = authority.Issue("db", ["db.example"], until: null, ocsp: new Uri($"http://127.0.0.1:{responder}/"));
        // The issuer is part of the chain: an answer is asked for with the hash of its key.
        var pair = PemPair.Write(folder, "db", issued with { Certificate = issued.Certificate + "\n" + authority.Pem });
        await using var ocsp = StartResponder(folder, authority, issued, responder);
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddTls("db", $"127.0.0.1:{port}", "127.0.0.1:9", TlsConfigs.Silent, pair)
                .Set("Listeners:db:Tls:OcspStapling", isOn));

        if (isOn)
        {
            // It is fetched in the background, from the first handshake on.
            await Eventually.TrueAsync(
                async () => (await StatusAsync(port)).Contains("Cert Status: good", StringComparison.Ordinal), "stapled");
            return;
        }

        for (var turn = 0; turn < 3; turn++)
        {
            Assert.Contains("OCSP response: no response sent", await StatusAsync(port), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(ocsp.Lines, static line => line.Contains("db", StringComparison.Ordinal));
    }

    private static Task<string> StatusAsync(int port) => TlsClient.HandshakeAsync(port, "db.example", "-status");

    private static ManagedProcess StartResponder(TemporaryFolder folder, TestAuthority authority, TestCertificate issued, int port)
    {
        using var certificate = X509Certificate2.CreateFromPem(issued.Certificate);
        var expires = certificate.NotAfter.ToUniversalTime().ToString("yyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
        var index = folder.Write("index.txt", $"V\t{expires}\t\t{certificate.SerialNumber}\tunknown\t/CN=db\n");
        var (ca, key) = (folder.Write("ca.crt", authority.Pem), folder.Write("ca.key", authority.KeyPem));
        return ManagedProcess.Start(
        [
            DebianPeer.Require("openssl"), "ocsp", "-index", index, "-port", port.ToString(CultureInfo.InvariantCulture),
            "-rsigner", ca, "-rkey", key, "-CA", ca, "-ndays", "1", "-text",
        ]);
    }
}
