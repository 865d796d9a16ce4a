using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A handshake that cannot be: OpenSSL's client is told why by an alert, and the log has it too.</summary>
public sealed class AlertTests
{
    [Theory]
    [InlineData(112, "unrecognized_name", "-servername", "other.example")]
    [InlineData(112, "unrecognized_name", "-noservername")]
    [InlineData(70, "unsupported_protocol", "-servername", "db.example", "-tls1_2")]
    [InlineData(120, "no_application_protocol", "-servername", "db.example", "-alpn", "h2")]
    [InlineData(
        40,
        "no_shared_cipher",
        "-servername",
        "db.example",
        "-alpn",
        "redis",
        "-ciphersuites",
        "TLS_AES_128_CCM_8_SHA256",
        "-tls1_3"
    )]
    public async Task Handshake_ThatCannotBe_EndsWithItsAlertAndReason(int alert, string detail, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile()
                .AddTls(
                    "db",
                    $"127.0.0.1:{port}",
                    "127.0.0.1:9",
                    TlsConfigs.Silent,
                    PemPair.Write(folder, "db", authority.Issue("db", "db.example")))
                .Remove("Listeners:db:Tls:DefaultCertificate")
                .Set("Listeners:db:Tls:MinVersion", "Tls13")
                .Set("Listeners:db:Tls:Alpn", new[] { "redis" }));

        var result = await OpensslPeer.ConnectAsync(port, "", arguments);

        Assert.Contains($"SSL alert number {alert}", result.StandardError, StringComparison.Ordinal);
        Assert.Contains($"detail={detail} ", (await gateway.WaitForAccessAsync("reason=tls ")).Text, StringComparison.Ordinal);
    }
}
