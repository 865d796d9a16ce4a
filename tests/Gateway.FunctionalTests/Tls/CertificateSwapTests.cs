using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.FunctionalTests.Peers;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>Certificates that change on disk while connections are open.</summary>
public sealed class CertificateSwapTests : IDisposable
{
    private readonly TestAuthority _authority = new("Test CA");
    private readonly SecretFolder _shop;
    private readonly int _port = FreePorts.Next();

    public CertificateSwapTests() => _shop = new SecretFolder(_authority.Issue("old", "shop.example"));

    public void Dispose()
    {
        _shop.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Swap_UnderLiveConnections_TouchesNoneAndShowsInNewHandshakes()
    {
        const int live = 200;
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(Config(backend));
        var clients = await Task.WhenAll(Enumerable.Range(0, live).Select(_ => ConnectAsync()));
        await AskAllAsync(clients);

        _shop.Swap(_authority.Issue("new", "shop.example"));
        await Eventually.TrueAsync(async () => await TlsClient.SubjectAsync(_port, "shop.example") == "new", "the new certificate");

        await AskAllAsync(clients);
        Assert.Empty(gateway.Complaints());
        Assert.Equal(1, (await gateway.MetricsAsync()).Sum("gateway_tls_certificate_loaded", ("listener", "web"), ("certificate", "shop")));
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Swap_ToABrokenPair_KeepsTheOldOneAndSaysSo()
    {
        await using var backend = HttpBackend.Start();
        await using var gateway = await GatewayProcess.StartAsync(Config(backend));
        var (one, other) = (_authority.Issue("one", "shop.example"), _authority.Issue("other", "shop.example"));

        _shop.Swap(one with { Key = other.Key });
        await gateway.WaitForMetricAsync("gateway_tls_certificate_loaded", static loaded => loaded == 0, ("listener", "web"));
        Assert.Equal("old", await TlsClient.SubjectAsync(_port, "shop.example"));
        var error = await gateway.Process.WaitForLineAsync(
            static line => line.Contains("Listeners:web:Tls:Certificates:shop:KeyPath", StringComparison.Ordinal), "the error");
        Assert.Equal([error], gateway.Complaints());
        Assert.Contains(_shop.KeyPath, error, StringComparison.Ordinal);

        _shop.Swap(one);
        await gateway.WaitForMetricAsync("gateway_tls_certificate_loaded", static loaded => loaded == 1, ("listener", "web"));
        Assert.Equal("one", await TlsClient.SubjectAsync(_port, "shop.example"));
    }

    [Fact]
    public async Task Start_WithABrokenPair_IsRefusedAndNothingListens()
    {
        await using var backend = HttpBackend.Start();
        _shop.Swap(new TestCertificate("no PEM", "no PEM"));

        var end = await GatewayProcess.RunToEndAsync(Config(backend));

        Assert.Equal(1, end.ExitCode);
        Assert.Contains("Listeners:web:Tls:Certificates:shop:Path", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Listener web (Https) on", end.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_ThatNamesAMissingFile_IsRefusedAndTheLastGoodStays()
    {
        await using var backend = HttpBackend.Start();
        var config = Config(backend);
        await using var gateway = await GatewayProcess.StartAsync(config);

        gateway.Rewrite(config.Copy().Set("Listeners:web:Tls:Certificates:shop:Path", "/nowhere/tls.crt"));
        await gateway.Process.WaitForLineAsync(
            static line => line.Contains("is refused", StringComparison.Ordinal)
                && line.Contains("Listeners:web:Tls:Certificates:shop:Path: /nowhere/tls.crt", StringComparison.Ordinal),
            "the refusal");

        Assert.Equal("old", await TlsClient.SubjectAsync(_port, "shop.example"));
    }

    private async Task<SslStream> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _port);
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "shop.example", CertificateChainPolicy = _authority.CreatePolicy() });
        return stream;
    }

    private static Task AskAllAsync(IEnumerable<SslStream> clients) => Task.WhenAll(clients.Select(AskAsync));

    private static async Task AskAsync(SslStream client)
    {
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(client, Encoding.Latin1, leaveOpen: true);
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync());
        var length = 0;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            length = line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase)
                ? int.Parse(line[16..], System.Globalization.CultureInfo.InvariantCulture)
                : length;
        }

        Assert.NotEqual(0, length);
        Assert.Equal(length, await reader.ReadBlockAsync(new char[length]));
    }

    private ConfigFile Config(RecordingTcpServer backend) => new ConfigFile().AddHttp("web", _port, backend.Address)
        .Set("Listeners:web:Protocol", "Https")
        .Set("Listeners:web:Tls", new { Certificates = new { shop = _shop.Section } });
}
