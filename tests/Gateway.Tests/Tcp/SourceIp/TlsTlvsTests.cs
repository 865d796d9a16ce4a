using System.Text;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tests.Tcp.SourceIp;

public sealed class TlsTlvsTests
{
    private static readonly TlsSession Session = new() { Version = "TLSv1.3", Cipher = "TLS_AES_128_GCM_SHA256" };

    [Theory]
    [InlineData(false, false, ProxySslClient.Tls, 1u)]
    [InlineData(true, false, ProxySslClient.Tls | ProxySslClient.CertificateOnConnection | ProxySslClient.CertificateInSession, 0u)]
    [InlineData(true, true, ProxySslClient.Tls | ProxySslClient.CertificateInSession, 0u)]
    public void OfSession_ClientCertificate_IsToldOfThisConnectionOrOfAnEarlierOne(
        bool hasCertificate, bool isResumed, ProxySslClient client, uint verify)
    {
        var tlvs = TlsTlvs.OfSession(Session with { HasClientCertificate = hasCertificate, IsResumed = isResumed });

        Assert.True(ProxyTlvReader.TryFind(tlvs, ProxyTlvType.Ssl, out var value));
        Assert.True(ProxySslTlv.TryParse(value, out var ssl));
        Assert.Equal((client, verify), (ssl.Client, ssl.Verify));
    }

    [Fact]
    public void OfSession_NamesAndCertificate_AreWrittenByteForByte()
    {
        byte[] certificate = [0x30, 0x82, 0x01];

        var tlvs = TlsTlvs.OfSession(Session with { Alpn = "\u00FFx", ServerName = "a.example", ClientName = "Zoë" }, certificate);

        Assert.True(ProxyTlvReader.TryFind(tlvs, ProxyTlvType.Alpn, out var alpn));
        Assert.Equal(new byte[] { 0xFF, (byte)'x' }, alpn.ToArray());
        Assert.True(ProxyTlvReader.TryFind(tlvs, ProxyTlvType.Authority, out var authority));
        Assert.Equal("a.example", Encoding.ASCII.GetString(authority));
        Assert.True(ProxyTlvReader.TryFind(tlvs, ProxyTlvType.Ssl, out var value));
        Assert.True(ProxySslTlv.TryParse(value, out var ssl));
        Assert.True(ProxyTlvReader.TryFind(ssl.SubTlvs, ProxyTlvType.SslCommonName, out var name));
        Assert.Equal("Zoë", Encoding.UTF8.GetString(name));
        Assert.True(ProxyTlvReader.TryFind(ssl.SubTlvs, ProxyTlvType.SslClientCertificate, out var shown));
        Assert.Equal(certificate, shown.ToArray());
    }
}
