using System.Net.Security;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Tls;
using Gateway.Testing.Certificates;
using Gateway.Tls;

namespace Gateway.Tests.Tls;

/// <summary>TLS to clusters: what is trusted and shown, and what is said of a certificate that is not taken.</summary>
public sealed class ClientTlsTests : IDisposable
{
    private readonly Servers _servers = new();

    public void Dispose() => _servers.Dispose();

    [Theory]
    [InlineData("good", null)]
    [InlineData("name", "name")]
    [InlineData("untrusted", "untrusted")]
    [InlineData("expired", "expired")]
    public async Task Handshake_Certificate_IsJudgedInAWord(string shown, string? word)
    {
        using var stranger = new TestAuthority("Stranger");
        var certificate = shown switch
        {
            "name" => _servers.Authority.Issue("db", "other.example"),
            "untrusted" => stranger.Issue("db", "db.example"),
            "expired" => _servers.Authority.Issue("db", ["db.example"], DateTimeOffset.UtcNow.AddMinutes(-1)),
            _ => _servers.Authority.Issue("db", "db.example"),
        };
        var client = await LoadAsync(new ClusterTlsConfig { CaPath = _servers.Write("ca.crt", _servers.Authority.Pem) });
        TlsStream? stream = null;

        var (_, _, failure) = await TlsPair.ShakeAsync(
            await ServerAsync(certificate), client.OptionsFor("db.example"), inner => stream = new TlsStream(inner));

        Assert.Equal(word, stream!.Problem?.Word);
        Assert.Equal(word is not null, failure is not null);
    }

    [Fact]
    public async Task Handshake_SystemCas_TakeNoOwnCa()
    {
        var client = await LoadAsync(new ClusterTlsConfig { ServerName = "db.example" });
        TlsStream? stream = null;

        await TlsPair.ShakeAsync(
            await ServerAsync(_servers.Authority.Issue("db", "db.example")),
            client.OptionsFor("10.0.0.1"),
            inner => stream = new TlsStream(inner));

        Assert.Equal("untrusted", stream!.Problem?.Word);
    }

    [Fact]
    public async Task Handshake_AnyCertificate_IsTakenIfTheFileSaysSo()
    {
        var client = await LoadAsync(new ClusterTlsConfig { DangerousAcceptAnyServerCertificate = true });

        var (_, _, failure) = await TlsPair.ShakeAsync(
            await ServerAsync(_servers.Authority.Issue("db", "other.example")), client.OptionsFor("db.example"));

        Assert.Null(failure);
    }

    [Fact]
    public async Task Handshake_ServerAsksForACertificate_GetsTheClusters()
    {
        var client = await LoadAsync(new ClusterTlsConfig
        {
            CaPath = _servers.Write("ca.crt", _servers.Authority.Pem),
            Certificate = _servers.Files("own", _servers.Authority.Issue("gateway")),
            Alpn = ["postgresql"],
        });
        var server = await _servers.LoadAsync(_servers.Server(new ListenerTlsConfig
        {
            Certificates = new Dictionary<string, CertificateConfig> { ["db"] = _servers.Files("db", _servers.Authority.Issue("db", "db.example")) },
            ClientCertificates = new ClientCertificatesConfig
            {
                Mode = ClientCertificateMode.Required,
                CaPath = _servers.Write("clients.crt", _servers.Authority.Pem),
            },
            Alpn = ["postgresql"],
        }));

        var (stream, failure, _) = await TlsPair.ShakeAsync(server.OptionsFor("db.example")!, client.OptionsFor("db.example"));

        Assert.Null(failure);
        Assert.Equal("CN=gateway", stream.RemoteCertificate!.Subject);
        Assert.Equal("postgresql", stream.NegotiatedApplicationProtocol.ToString());
    }

    [Fact]
    public async Task Load_SameFilesAgain_KeepsTheCredentials()
    {
        var config = new ClusterTlsConfig { CaPath = _servers.Write("ca.crt", _servers.Authority.Pem) };
        var first = await LoadAsync(config);
        var again = await LoadAsync(config);
        using var other = new TestAuthority("Other");
        _servers.Write("ca.crt", other.Pem);
        var changed = await LoadAsync(config);

        Assert.Same(first.Current, again.Current);
        Assert.NotSame(first.Current, changed.Current);
    }

    private async Task<SslServerAuthenticationOptions> ServerAsync(TestCertificate certificate)
    {
        var server = await _servers.LoadAsync(_servers.Server(new ListenerTlsConfig
        {
            Certificates = new Dictionary<string, CertificateConfig> { ["db"] = _servers.Files("db", certificate) },
            DefaultCertificate = "db",
        }));
        return server.OptionsFor("db.example")!;
    }

    private async Task<ClientTls> LoadAsync(ClusterTlsConfig config)
    {
        var client = new ClientTls("db", config, static key => $"Certificate:{key}", "CaPath", _servers.Store.Credentials);
        Assert.Empty(await _servers.Store.LoadAsync(new TlsModel { Materials = [client] }));
        return client;
    }
}
