using System.Net.Security;
using Gateway.Tcp.Tls;

namespace Gateway.Tests.Tcp.Tls;

public sealed class TlsNamesTests
{
    [Theory]
    [InlineData(TlsCipherSuite.TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256")]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384")]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305")]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, "ECDHE-RSA-AES128-SHA256")]
    [InlineData(TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256, "AES128-GCM-SHA256")]
    public void CipherOf_ASuite_IsOpenSslsName(TlsCipherSuite suite, string name) => Assert.Equal(name, TlsNames.CipherOf(suite));

    [Fact]
    public void Of_ACertificate_NamesItsKeyAndSignatureOnce()
    {
        using var certificate = TestCertificates.Of("shop.example");

        var names = TlsNames.Of(certificate);

        Assert.Equal(new CertificateNames("EC256", "ecdsa-with-SHA256"), names);
        Assert.Same(names, TlsNames.Of(certificate));
        Assert.Same(
            TlsNames.CipherOf(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
            TlsNames.CipherOf(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256));
    }
}
