using Gateway.FunctionalTests.Peers;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A browser on an Https listener: its ClientHello has two segments and a post-quantum key share, and it speaks HTTP/2.</summary>
public sealed class ChromiumTests : IDisposable
{
    private readonly TestAuthority _authority = new("Test CA");
    private readonly TemporaryFolder _profile = new();

    public void Dispose()
    {
        _profile.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Chromium_OnAnHttpsListener_ReachesTheBackendByHttp2()
    {
        var chromium = DebianPeer.Require("chromium");
        using var shop = new SecretFolder(_authority.Issue("shop", "shop.example"));
        await using var backend = HttpBackend.Start();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddHttp("web", port, backend.Address)
            .Set("Listeners:web:Protocol", "Https")
            .Set("Listeners:web:Tls", new { Certificates = new { shop = shop.Section } }));

        var page = await ProcessRunner.RunAsync(
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", $"--user-data-dir={_profile.Path}",
                "--host-resolver-rules=MAP shop.example 127.0.0.1", "--dump-dom", $"https://shop.example:{port}/",
            ],
            timeout: TimeSpan.FromMinutes(1));

        Assert.Contains("X-Forwarded-Proto: https", page.StandardOutput, StringComparison.OrdinalIgnoreCase);
        var line = await gateway.WaitForAccessAsync("listener=web", "status=200");
        Assert.Contains("sni=shop.example alpn=h2 tls=TLSv1.3", line.Text, StringComparison.Ordinal);
    }
}
