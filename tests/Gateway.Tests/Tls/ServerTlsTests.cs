using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;
using Gateway.Testing.Certificates;

namespace Gateway.Tests.Tls;

/// <summary>How a listener ends TLS: by which certificate, and which clients it takes.</summary>
public sealed class ServerTlsTests : IDisposable
{
    private readonly Servers _servers = new();

    public void Dispose() => _servers.Dispose();

    [Theory]
    [InlineData("shop.example", "exact")]
    [InlineData("SHOP.Example.", "exact")]
    [InlineData("a.shop.example", "wild")]
    [InlineData("a.b.shop.example", null)]
    [InlineData("other.example", null)]
    [InlineData("", null)]
    [InlineData("only-cn.example", "cn")]
    [InlineData("not-cn.example", null)]
    public async Task OptionsFor_Name_IsTheCertificateWithThatName(string name, string? expected)
    {
        var server = await _servers.LoadAsync(_servers.Server(new ListenerTlsConfig
        {
            Certificates = new Dictionary<string, CertificateConfig>
            {
                ["wild"] = _servers.Files("wild", _servers.Authority.Issue("wild", "*.shop.example")),
                ["exact"] = _servers.Files("exact", _servers.Authority.Issue("exact", "shop.example", "exact.shop.example")),
                ["cn"] = _servers.Files("cn", _servers.Authority.Issue("only-cn.example")),
                ["san"] = _servers.Files("san", _servers.Authority.Issue("not-cn.example", "other.test")),
            },
        }));

        var subject = server.OptionsFor(name)?.ServerCertificateContext?.TargetCertificate.GetNameInfo(X509NameType.SimpleName, false);

        Assert.Equal(expected == "cn" ? "only-cn.example" : expected, subject);
    }

    [Fact]
    public async Task OptionsFor_UnknownName_IsTheDefault()
    {
        var server = await _servers.LoadAsync(_servers.Server(new ListenerTlsConfig
        {
            Certificates = One(_servers.Authority.Issue("shop", "shop.example")),
            DefaultCertificate = "One",
        }));

        Assert.Same(server.OptionsFor("shop.example"), server.OptionsFor("other"));
        Assert.NotNull(server.OptionsFor(""));
    }

    [Fact]
    public async Task Load_SameFilesAgain_KeepsTheSessions()
    {
        var config = new ListenerTlsConfig { Certificates = One(_servers.Authority.Issue("shop", "shop.example")) };
        var first = await _servers.LoadAsync(_servers.Server(config));
        var client = _servers.Client("shop.example");
        var full = await TlsPair.ShakeAsync(first.OptionsFor("shop.example")!, client);
        var again = await _servers.LoadAsync(_servers.Server(config));

        var resumed = await TlsPair.ShakeAsync(again.OptionsFor("shop.example")!, client);

        Assert.Same(
            first.OptionsFor("shop.example")!.ServerCertificateContext, again.OptionsFor("shop.example")!.ServerCertificateContext);
        Assert.Null(full.ServerFailure);
        Assert.False(full.Server.IsResumed);
        Assert.Null(resumed.ServerFailure);
        Assert.True(resumed.Server.IsResumed);
    }

    [Theory]
    [InlineData(TlsVersion.Tls12, System.Security.Authentication.SslProtocols.Tls12)]
    [InlineData(TlsVersion.Tls12, System.Security.Authentication.SslProtocols.Tls13)]
    public async Task Handshake_TlsVersion_TellsFullFromResumed(TlsVersion least, System.Security.Authentication.SslProtocols version)
    {
        var server = await _servers.LoadAsync(_servers.Server(new ListenerTlsConfig
        {
            Certificates = One(_servers.Authority.Issue("shop", ["shop.example"], null, rsa: true)),
            MinVersion = least,
        }));
        var client = _servers.Client("shop.example");
        client.EnabledSslProtocols = version;

        var full = await TlsPair.ShakeAsync(server.OptionsFor("shop.example")!, client);
        var resumed = await TlsPair.ShakeAsync(server.OptionsFor("shop.example")!, client);

        Assert.Equal(version, full.Server.SslProtocol);
        Assert.False(full.Server.IsResumed);
        Assert.True(resumed.Server.IsResumed);
    }

    [Theory]
    [InlineData(ClientCertificateMode.Required, "good", null)]
    [InlineData(ClientCertificateMode.Optional, "good", null)]
    [InlineData(ClientCertificateMode.Required, "none", "none")]
    [InlineData(ClientCertificateMode.Optional, "none", null)]
    [InlineData(ClientCertificateMode.Required, "stranger", "untrusted")]
    [InlineData(ClientCertificateMode.Optional, "stranger", "untrusted")]
    [InlineData(ClientCertificateMode.Required, "old", "expired")]
    [InlineData(ClientCertificateMode.Required, "revoked", "revoked")]
    public async Task Handshake_ClientCertificate_IsJudged(ClientCertificateMode mode, string shown, string? problem)
    {
        using var stranger = new TestAuthority("Stranger");
        var revoked = _servers.Authority.Issue("revoked");
        var own = shown switch
        {
            "good" => _servers.Authority.Issue("good"),
            "stranger" => stranger.Issue("stranger"),
            "old" => _servers.Authority.Issue("old", [], DateTimeOffset.UtcNow.AddMinutes(-5)),
            "revoked" => revoked,
            _ => null,
        };
        var server = await _servers.LoadAsync(_servers.Server(new ListenerTlsConfig
        {
            Certificates = One(_servers.Authority.Issue("shop", "shop.example")),
            ClientCertificates = new ClientCertificatesConfig
            {
                Mode = mode,
                CaPath = _servers.Write("ca.crt", _servers.Authority.Pem),
                CrlPath = _servers.Write("ca.crl", _servers.Authority.Revoke([revoked])),
            },
        }));

        var (stream, failure, _) = await TlsPair.ShakeAsync(server.OptionsFor("shop.example")!, _servers.Client("shop.example", own));

        Assert.Equal(problem, stream.Problem?.Word);
        Assert.Equal(problem is not null, failure is not null);
    }

    [Fact]
    public async Task Handshake_ResumedWithACertificateThatWasRevokedSince_IsRefused()
    {
        var own = _servers.Authority.Issue("client");
        var config = new ListenerTlsConfig
        {
            Certificates = One(_servers.Authority.Issue("shop", "shop.example")),
            ClientCertificates = new ClientCertificatesConfig
            {
                Mode = ClientCertificateMode.Required,
                CaPath = _servers.Write("ca.crt", _servers.Authority.Pem),
                CrlPath = _servers.Write("ca.crl", _servers.Authority.Revoke([])),
            },
        };
        var server = await _servers.LoadAsync(_servers.Server(config));
        var client = _servers.Client("shop.example", own);
        var full = await TlsPair.ShakeAsync(server.OptionsFor("shop.example")!, client);
        var resumed = await TlsPair.ShakeAsync(server.OptionsFor("shop.example")!, client);
        _servers.Write("ca.crl", _servers.Authority.Revoke([own]));
        server = await _servers.LoadAsync(_servers.Server(config));

        var revoked = await TlsPair.ShakeAsync(server.OptionsFor("shop.example")!, client);

        Assert.Null(full.ServerFailure);
        Assert.Null(resumed.ServerFailure);
        Assert.True(resumed.Server.IsResumed);
        Assert.NotNull(resumed.Server.RemoteCertificate);
        Assert.NotNull(revoked.ServerFailure);
        Assert.Equal("revoked", revoked.Server.Problem?.Word);
    }

    [Fact]
    public async Task Handshake_ResumedWithACertificateOfAnIntermediate_IsTakenAgain()
    {
        using var intermediate = new TestAuthority("Intermediate CA", _servers.Authority);
        var server = await _servers.LoadAsync(_servers.Server(new ListenerTlsConfig
        {
            Certificates = One(_servers.Authority.Issue("shop", "shop.example")),
            ClientCertificates = new ClientCertificatesConfig
            {
                Mode = ClientCertificateMode.Required,
                CaPath = _servers.Write("ca.crt", _servers.Authority.Pem),
            },
        }));
        var own = intermediate.Issue("client");
        var client = _servers.Client("shop.example");
        client.ClientCertificateContext = SslStreamCertificateContext.Create(
            X509Certificate2.CreateFromPem(own.Certificate, own.Key), [X509Certificate2.CreateFromPem(intermediate.Pem)], offline: true);
        var alone = await TlsPair.ShakeAsync(server.OptionsFor("shop.example")!, _servers.Client("shop.example", own));

        var full = await TlsPair.ShakeAsync(server.OptionsFor("shop.example")!, client);
        var resumed = await TlsPair.ShakeAsync(server.OptionsFor("shop.example")!, client);

        Assert.Equal("untrusted", alone.Server.Problem?.Word);
        Assert.Null(full.ServerFailure);
        Assert.True(resumed.Server.IsResumed);
        Assert.Null(resumed.ServerFailure);
        Assert.NotNull(resumed.Server.RemoteCertificate);
    }

    private Dictionary<string, CertificateConfig> One(TestCertificate certificate) =>
        new() { ["one"] = _servers.Files("one", certificate) };
}
