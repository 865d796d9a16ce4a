using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tls;

namespace Gateway.Tests.Tls;

/// <summary>Certificates that differ in the kind of their key.</summary>
public sealed class TwoCertificatesTests : IDisposable
{
    // Self-signed, with a key of Ed25519: openssl genpkey -algorithm ED25519; openssl req -x509.
    private const string OfEd25519 = """
        -----BEGIN CERTIFICATE-----
        MIIBQDCB86ADAgECAhQ7hA2BQJQmzp8tOkiHxHT+rv/TCjAFBgMrZXAwFTETMBEG
        A1UEAwwKZWQuZXhhbXBsZTAgFw0yNjExMjcyMzI4MTBaGA8yMTI2MTEwMzIzMjgx
        MFowFTETMBEGA1UEAwwKZWQuZXhhbXBsZTAqMAUGAytlcAMhACvmw6O/p9outwoR
        c7CC6/Z+0xL4kJgxjE79D3DFJs2eo1MwUTAdBgNVHQ4EFgQUiNOWSsmI6SVHlmS9
        I0ja5Ii/Pm0wHwYDVR0jBBgwFoAUiNOWSsmI6SVHlmS9I0ja5Ii/Pm0wDwYDVR0T
        AQH/BAUwAwEB/zAFBgMrZXADQQBN5Ieo/4LC/AXz9Ook8rDAydapSqjH2tBEMu9m
        hQuM0Qmus5Of0+SnqcaLb4LJgAU6Um+nWzf4MphNYrZI4z0D
        -----END CERTIFICATE-----
        """;

    private readonly Servers _servers = new();

    public void Dispose() => _servers.Dispose();

    [Theory]
    [InlineData("shop.example", EcdsaCurves.All, "ecdsa")]
    [InlineData("shop.example", EcdsaCurves.P256, "ecdsa")]
    [InlineData("shop.example", EcdsaCurves.P384, "rsa")]
    [InlineData("shop.example", EcdsaCurves.None, "rsa")]
    [InlineData("a.wild.example", EcdsaCurves.All, "ecdsa")]
    [InlineData("a.wild.example", EcdsaCurves.None, "rsa")]
    [InlineData("alone.example", EcdsaCurves.None, "alone")]
    [InlineData("twice.example", EcdsaCurves.None, "first")]
    [InlineData("twice.example", EcdsaCurves.All, "first")]
    [InlineData("other.example", EcdsaCurves.None, "rsa")]
    [InlineData("other.example", EcdsaCurves.All, "rsa")]
    public async Task OptionsFor_OneNameTwoKinds_IsTheKindThatTheClientTakes(string name, EcdsaCurves taken, string expected)
    {
        var names = new[] { "shop.example", "*.wild.example" };
        var server = await _servers.LoadAsync(_servers.Server(new ListenerTlsConfig
        {
            Certificates = new Dictionary<string, CertificateConfig>
            {
                ["rsa"] = _servers.Files("rsa", _servers.Authority.Issue("rsa", names, null, rsa: true)),
                ["ecdsa"] = _servers.Files("ecdsa", _servers.Authority.Issue("ecdsa", names)),
                ["alone"] = _servers.Files("alone", _servers.Authority.Issue("alone", "alone.example")),
                ["first"] = _servers.Files("first", _servers.Authority.Issue("first", "twice.example")),
                ["second"] = _servers.Files("second", _servers.Authority.Issue("second", "twice.example")),
            },
            DefaultCertificate = "rsa",
        }));

        var certificate = server.OptionsFor(name, taken)?.ServerCertificateContext?.TargetCertificate;

        Assert.Equal(expected, certificate?.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
    }

    [Fact]
    public void Parse_Ed25519_SaysWhatToIssueInstead()
    {
        var parsed = CertificatePair.Parse(OfEd25519, "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n");

        Assert.Null(parsed.Value);
        Assert.Equal(0, parsed.File);
        Assert.Equal(
            "the key of CN=ed.example is for Ed25519, which .NET cannot use. Issue the certificate for ECDSA "
                + "(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256) or RSA",
            parsed.Problem);
    }
}
