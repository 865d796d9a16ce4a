using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A mounted Secret whose ..data is swapped under live connections.</summary>
public sealed class MountedSecretTests
{
    private const int Live = 200;
    private const string Name = "db.example";

    [Fact]
    public async Task Swap_UnderLiveConnections_NewHandshakesShowTheNewPairAndABrokenOneNever()
    {
        using var authority = new TestAuthority("own");
        var (old, fresh) = (authority.Issue("old", Name), authority.Issue("new", [Name], DateTimeOffset.UtcNow.AddDays(30)));
        using var secret = new MountedFolder(Files(old.Certificate, old.Key));
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().AddTls(
            "db", $"127.0.0.1:{port}", echo.Address, TlsConfigs.Silent, new PemPair(secret.Combine("tls.crt"), secret.Combine("tls.key"))));
        var clients = await Task.WhenAll(Enumerable.Range(0, Live).Select(_ => EchoingTlsClient.ConnectAsync(port, Name)));
        Assert.All(clients, static client => Assert.Equal("CN=old", client.Subject));
        var expiry = await ExpiryAsync(gateway);

        secret.Swap(Files(fresh.Certificate, fresh.Key));
        await Eventually.TrueAsync(async () => await SubjectAsync(port) == "CN=new", "the new certificate is shown");
        await EchoAllAsync(clients);
        Assert.InRange(await ExpiryAsync(gateway), expiry - (61 * 86400), expiry - (59 * 86400));

        // Half of a file, then a certificate whose key is another's.
        foreach (
            var (certificate, key) in new[] { (old.Certificate[..(old.Certificate.Length / 2)], old.Key), (old.Certificate, fresh.Key) })
        {
            var before = Refusals(gateway);
            secret.Swap(Files(certificate, key));
            await Eventually.TrueAsync(() => Refusals(gateway) > before, "the pair is refused in the log");
            Assert.Equal("CN=new", await SubjectAsync(port));
            await gateway.WaitForMetricAsync("gateway_tls_certificate_loaded", static v => v == 0, ("listener", "db"));
        }

        secret.Swap(Files(old.Certificate, old.Key));
        await Eventually.TrueAsync(async () => await SubjectAsync(port) == "CN=old", "the good pair is shown");
        await gateway.WaitForMetricAsync("gateway_tls_certificate_loaded", static v => v == 1, ("listener", "db"));
        Assert.Equal(expiry, await ExpiryAsync(gateway));
        await EchoAllAsync(clients);
        Array.ForEach(clients, static client => client.Dispose());
    }

    private static Dictionary<string, string> Files(string certificate, string key) =>
        new() { ["tls.crt"] = certificate, ["tls.key"] = key };

    private static int Refusals(GatewayProcess gateway) => gateway.Process.Lines.Count(static line =>
        line.Contains("The files of shop of the listener db cannot be used", StringComparison.Ordinal));

    private static async Task<double> ExpiryAsync(GatewayProcess gateway) =>
        (await gateway.MetricsAsync()).Sum("gateway_tls_certificate_expiry_timestamp_seconds", ("listener", "db"));

    private static async Task<string> SubjectAsync(int port)
    {
        using var client = await EchoingTlsClient.ConnectAsync(port, Name);
        return client.Subject;
    }

    private static async Task EchoAllAsync(EchoingTlsClient[] clients)
    {
        foreach (var client in clients)
        {
            Assert.Equal("still here", await client.EchoAsync("still here"));
        }
    }
}
