using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A listener that asks for certificates, and OpenSSL's client with a good one, with a stranger's, and without.</summary>
public sealed class ClientCertificateTests
{
    [Fact]
    public async Task Certificate_OfTheCa_IsTakenAndToldOf()
    {
        await using var setting = await SettingAsync();
        var pair = PemPair.Write(setting.Folder, "client", setting.Authority.Issue("client-7"));

        var running = OpensslPeer.ConnectAsync(
            setting.Port,
            "hello",
            "-servername",
            "db.example",
            "-cert",
            pair.Path,
            "-key",
            pair.KeyPath);
        using (var accepted = await setting.Backend.NextAsync())
        {
            var ssl = WireSsl.Of(await WireHeader.ReadAsync(accepted))!;
            Assert.Equal((7, 0u, "client-7"), (ssl.Client, ssl.Verify, ssl.CommonName));
            Assert.Equal("hello", await accepted.ReadTextAsync(5));
        }

        await running;
        await setting.Gateway.WaitForAccessAsync("route=db ", " cn=client-7");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Certificate_OfAnIntermediate_IsTakenAgainWhenItsSessionIsResumed(string version)
    {
        await using var setting = await SettingAsync();
        using var intermediate = new TestAuthority("intermediate", setting.Authority);
        var pair = PemPair.Write(setting.Folder, "client", intermediate.Issue("client-7"));
        string[] shown =
        [
            "-cert",
            pair.Path,
            "-key",
            pair.KeyPath,
            "-cert_chain",
            setting.Folder.Write("intermediate.crt", intermediate.Pem),
        ];
        var session = setting.Folder.Combine("session.pem");

        // 7: TLS, with a certificate on this connection; 5: with a certificate of an earlier connection of the session.
        foreach (var (arguments, told) in new[] { ((string[])["-sess_out", session, .. shown], 7), (["-sess_in", session], 5) })
        {
            var running = OpensslPeer.ConnectAsync(setting.Port, "hello", ["-servername", "db.example", version, .. arguments]);
            using (var accepted = await setting.Backend.NextAsync())
            {
                var ssl = WireSsl.Of(await WireHeader.ReadAsync(accepted))!;
                Assert.Equal((told, 0u, "client-7"), (ssl.Client, ssl.Verify, ssl.CommonName));
                Assert.Equal("hello", await accepted.ReadTextAsync(5));
            }

            await running;
        }

        await setting.Gateway.WaitForMetricAsync("gateway_tls_handshakes_total", static v => v == 1, ("result", "resumed"));
    }

    [Theory]
    [InlineData(null, "client_certificate_none")]
    [InlineData("stranger", "client_certificate_untrusted")]
    public async Task Certificate_MissingOrOfAnotherCa_EndsWithItsReason(string? authority, string detail)
    {
        await using var setting = await SettingAsync();
        string[] shown = [];
        if (authority is not null)
        {
            using var other = new TestAuthority(authority);
            var pair = PemPair.Write(setting.Folder, "client", other.Issue("client-7"));
            shown = ["-cert", pair.Path, "-key", pair.KeyPath];
        }

        await OpensslPeer.ConnectAsync(setting.Port, "hello", ["-servername", "db.example", .. shown]);

        await setting.Gateway.WaitForAccessAsync("reason=tls ", $"detail={detail} ", " sni=db.example ");
        await setting.Gateway.WaitForMetricAsync("gateway_tls_handshakes_total", static v => v == 1, ("result", "client_certificate"));
        Assert.Equal(0, setting.Backend.Accepted);
    }

    private static async Task<Setting> SettingAsync()
    {
        var (folder, authority, backend, port) = (
            new TemporaryFolder(),
            new TestAuthority("own"),
            RecordingTcpServer.Start(),
            FreePorts.Next());
        var config = new ConfigFile()
            .AddTls(
                "db",
                $"127.0.0.1:{port}",
                backend.Address,
                TlsConfigs.WithTlvs,
                PemPair.Write(folder, "db", authority.Issue("db", "db.example")))
            .Set("Listeners:db:Tls:ClientCertificates", new { Mode = "Required", CaPath = folder.Write("ca.crt", authority.Pem) });
        return new Setting(folder, authority, backend, await GatewayProcess.StartAsync(config), port);
    }

    private sealed record Setting(
        TemporaryFolder Folder,
        TestAuthority Authority,
        RecordingTcpServer Backend,
        GatewayProcess Gateway,
        int Port) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Backend.DisposeAsync();
            Authority.Dispose();
            Folder.Dispose();
        }
    }
}
