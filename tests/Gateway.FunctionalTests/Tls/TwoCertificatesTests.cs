using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A certificate for ECDSA and one for RSA with the same name: each client of OpenSSL gets the one that it takes.</summary>
public sealed class TwoCertificatesTests
{
    [Fact]
    public async Task OneNameTwoKinds_EachClientGetsTheKindThatItTakes()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        var ecdsa = PemPair.Write(folder, "ecdsa", authority.Issue("ecdsa", "shop.example"));
        var rsa = PemPair.Write(folder, "rsa", authority.Issue("rsa", ["shop.example"], null, rsa: true));
        await using var echo = RecordingTcpServer.StartEcho();
        var (tls, https) = (FreePorts.Next(), FreePorts.Next());
        var config = new ConfigFile().AddTls("tls", $"127.0.0.1:{tls}", echo.Address, TlsConfigs.Silent, rsa)
            .AddHttp("https", https, echo.Address).Set("Listeners:https:Protocol", "Https");
        foreach (var listener in new[] { "tls", "https" })
        {
            config.Set($"Listeners:{listener}:Tls:Certificates:{TlsConfigs.Certificate}", new { rsa.Path, rsa.KeyPath })
                .Set($"Listeners:{listener}:Tls:Certificates:ecdsa", new { ecdsa.Path, ecdsa.KeyPath });
        }

        await using var gateway = await GatewayProcess.StartAsync(config);
        foreach (var port in new[] { tls, https })
        {
            Assert.Equal("ecdsa", await TlsClient.SubjectAsync(port, "shop.example"));
            Assert.Equal("rsa", await TlsClient.SubjectAsync(port, "shop.example", "-sigalgs", "RSA-PSS+SHA256"));
            Assert.Equal("ecdsa", await TlsClient.SubjectAsync(port, "shop.example", "-tls1_2"));
            Assert.Equal(
                "rsa", await TlsClient.SubjectAsync(port, "shop.example", "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"));
        }
    }
}
