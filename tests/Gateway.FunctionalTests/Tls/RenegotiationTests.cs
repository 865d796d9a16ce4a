using System.Diagnostics;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A client of TLS 1.2 that asks for another handshake on its connection is refused, and the log says so.</summary>
public sealed class RenegotiationTests
{
    [Fact]
    public async Task Renegotiation_OfOpenSslsClient_EndsTheConnectionByName()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddTls(
            "db", $"127.0.0.1:{port}", echo.Address, TlsConfigs.Silent, PemPair.Write(folder, "db", authority.Issue("db", "db.example"))));

        string[] arguments = ["s_client", "-connect", $"127.0.0.1:{port}", "-servername", "db.example", "-tls1_2"];
        using var client = Process.Start(new ProcessStartInfo(DebianPeer.Require("openssl"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (said, complained) = (client.StandardOutput.ReadToEndAsync(), client.StandardError.ReadToEndAsync());

        // s_client takes a line that begins with R as the order to renegotiate. Its input stays open: at the end of that it would leave.
        await client.StandardInput.WriteAsync("R\n");
        await client.StandardInput.FlushAsync();
        await client.WaitForExitAsync().WaitAsync(Eventually.DefaultTimeout);

        Assert.Contains("RENEGOTIATING", await complained, StringComparison.Ordinal);
        Assert.Contains("Protocol  : TLSv1.2", await said, StringComparison.Ordinal);
        var line = await gateway.WaitForAccessAsync("reason=client_reset ");
        Assert.Contains(" detail=client_tls(renegotiation) ", line.Text, StringComparison.Ordinal);
    }
}
