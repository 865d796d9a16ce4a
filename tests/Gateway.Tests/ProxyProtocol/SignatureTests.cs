using System.Text;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class SignatureTests
{
    [Theory]
    [InlineData("", ProxySignatureMatch.Partial)]
    [InlineData("P", ProxySignatureMatch.Partial)]
    [InlineData("PROXY", ProxySignatureMatch.Partial)]
    [InlineData("PROXY ", ProxySignatureMatch.V1)]
    [InlineData("PROXY anything", ProxySignatureMatch.V1)]
    [InlineData("PROXY\r", ProxySignatureMatch.None)]
    [InlineData("PROXYING", ProxySignatureMatch.None)]
    [InlineData("PUT / HTTP/1.1", ProxySignatureMatch.None)]
    [InlineData("\r", ProxySignatureMatch.Partial)]
    [InlineData("\r\n\r\n\0\r\nQUIT", ProxySignatureMatch.Partial)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n", ProxySignatureMatch.V2)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0099", ProxySignatureMatch.V2)]
    [InlineData("\r\n\r\nGET", ProxySignatureMatch.None)]
    [InlineData("\u0016\u0003\u0001", ProxySignatureMatch.None)]
    public void Match_FirstBytes_TellsTheVersion(string text, ProxySignatureMatch expected)
    {
        Assert.Equal(expected, ProxySignature.Match(Encoding.Latin1.GetBytes(text)));
    }

    [Fact]
    public void Match_MaxLength_IsNeverPartial()
    {
        var bytes = GoldenHeaders.V2Inet;

        Assert.Equal(ProxySignatureMatch.Partial, ProxySignature.Match(bytes.AsSpan(0, ProxySignature.MaxLength - 1)));
        Assert.Equal(ProxySignatureMatch.V2, ProxySignature.Match(bytes.AsSpan(0, ProxySignature.MaxLength)));
    }
}
