using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A session of OpenSSL's client outlives a reload of the configuration.</summary>
public sealed class ResumptionTests
{
    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Session_AfterAReload_IsTakenUpAgain(string version)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        await using var backend = RecordingTcpServer.StartPeerName();
        var (port, other) = (FreePorts.Next(), FreePorts.Next());
        var pair = PemPair.Write(folder, "db", authority.Issue("db", "db.example"));
        var config = new ConfigFile().AddTls("db", $"127.0.0.1:{port}", backend.Address, TlsConfigs.Silent, pair);
        await using var gateway = await GatewayProcess.StartAsync(config);
        var session = folder.Combine("session.pem");

        var first = await OpensslPeer.ConnectAsync(port, "", "-servername", "db.example", version, "-sess_out", session);
        Assert.Contains("\nNew, ", first.StandardOutput, StringComparison.Ordinal);
        await gateway.ReloadAsync(config.Copy().AddTcp("other", other, backend.Address, TlsConfigs.Silent));
        var second = await OpensslPeer.ConnectAsync(port, "", "-servername", "db.example", version, "-sess_in", session);

        Assert.Contains("\nReused, ", second.StandardOutput, StringComparison.Ordinal);
        await gateway.WaitForMetricAsync("gateway_tls_handshakes_total", static v => v == 1, ("listener", "db"), ("result", "full"));
        await gateway.WaitForMetricAsync("gateway_tls_handshakes_total", static v => v == 1, ("listener", "db"), ("result", "resumed"));
    }
}
