using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class TlvFieldTests
{
    [Theory]
    [InlineData("AwsVpcEndpointId", "vpce-08d2bf15fac5001c9", "01 767063652d3038643262663135666163353030316339")]
    [InlineData("GcpPscConnectionId", "18446744073709551615", "ffffffffffffffff")]
    [InlineData("GcpPscConnectionId", "258", "0000000000000102")]
    [InlineData("AzurePrivateLinkId", "258", "01 02010000")]
    [InlineData("AlibabaVpcId", "vpc-1", "01 7670632d31")]
    [InlineData("AlibabaEndpointId", "ep-1", "02 65702d31")]
    [InlineData("AlibabaServiceId", "s-1", "03 732d31")]
    [InlineData("Authority", "example.org", "6578616d706c652e6f7267")]
    [InlineData("SpiffeId", "spiffe://td/ns/a", "7370696666653a2f2f74642f6e732f61")]
    [InlineData("0xE9", "0x0a0b", "0a0b")]
    public void Field_RealLayout_IsReadAndMade(string name, string text, string hex)
    {
        Assert.True(ProxyTlvField.TryParse(name, out var field));
        Assert.True(field.TryDecode(HexText.Bytes(hex), out var read));
        Assert.Equal(text, read);
        Assert.True(field.TryEncode(text, out var made));
        Assert.Equal(HexText.Bytes(hex), made);
    }

    [Theory]
    [InlineData("AwsVpcEndpointId", "")]
    [InlineData("AwsVpcEndpointId", "01")]
    [InlineData("AwsVpcEndpointId", "02 76")]
    [InlineData("AwsVpcEndpointId", "01 760a")]
    [InlineData("GcpPscConnectionId", "00000000000001")]
    [InlineData("GcpPscConnectionId", "000000000000000001")]
    [InlineData("AzurePrivateLinkId", "02 01000000")]
    [InlineData("AzurePrivateLinkId", "01 010000")]
    [InlineData("AlibabaVpcId", "02 65702d31")]
    [InlineData("AlibabaEndpointId", "04 65702d31")]
    [InlineData("Authority", "")]
    [InlineData("Authority", "610a62")]
    [InlineData("UniqueId", "6120")]
    [InlineData("SpiffeId", "")]
    [InlineData("SpiffeId", "6578616d706c652e6f7267")]
    [InlineData("SpiffeId", "7370696666653a2f2f74642f6e732f0a")]
    [InlineData("Netns", "c3a4")]
    public void Field_MalformedValue_IsNone(string name, string hex)
    {
        Assert.True(ProxyTlvField.TryParse(name, out var field));
        Assert.False(field.TryDecode(HexText.Bytes(hex), out _));
    }

    [Theory]
    [InlineData("GcpPscConnectionId", "18446744073709551616")]
    [InlineData("GcpPscConnectionId", "-1")]
    [InlineData("AzurePrivateLinkId", "4294967296")]
    [InlineData("AwsVpcEndpointId", "vpce 1")]
    [InlineData("AwsVpcEndpointId", "")]
    [InlineData("Authority", "")]
    [InlineData("SpiffeId", "cluster.local")]
    [InlineData("0xE9", "0x123")]
    [InlineData("0xE9", "0x1g")]
    public void Field_TextThatItCannotHold_IsRefused(string name, string text)
    {
        Assert.True(ProxyTlvField.TryParse(name, out var field));
        Assert.False(field.TryEncode(text, out _));
    }

    [Theory]
    [InlineData("Ssl")]
    [InlineData("0x100")]
    [InlineData("233")]
    [InlineData("")]
    [InlineData(null)]
    public void TryParse_NoField_IsFalse(string? name) => Assert.False(ProxyTlvField.TryParse(name, out _));

    [Fact]
    public void TryFind_SeveralSubTypes_GivesItsOwn()
    {
        Assert.True(ProxyTlvField.TryParse("alibabaendpointid", out var field));
        Assert.True(field.TryFind(HexText.Bytes("e10003 017631 e10003 026531"), out var id));
        Assert.Equal("e1", id);
        Assert.False(field.TryFind(HexText.Bytes("e10003 017631"), out _));
    }

    [Fact]
    public void Describe_Area_TellsWhatIsReadable()
    {
        Assert.Equal("-", ProxyTlvField.Describe([]));
        Assert.Equal(
            "Authority:a.b,AwsVpcEndpointId:v-1,0xEA,Authority,Ssl,0xE9",
            ProxyTlvField.Describe(HexText.Bytes("020003 612e62 ea0004 01762d31 ea0001 02 020003 610a62 200005 0100000000 e90001 00")));
        Assert.Equal("AlibabaServiceId:s,UniqueId", ProxyTlvField.Describe(HexText.Bytes("e10002 0373 050003 612c62")));
    }

    [Fact]
    public void Describe_MoreThanALineHolds_EndsInAnEllipsis()
    {
        var area = new byte[3 * 1000];
        for (var i = 0; i < area.Length; i += 3)
        {
            area[i] = 0xE9;
        }

        Assert.Equal(string.Join(',', Enumerable.Repeat("0xE9", 32)) + ",…", ProxyTlvField.Describe(area));
        Assert.Equal(string.Join(',', Enumerable.Repeat("0xE9", 32)), ProxyTlvField.Describe(area.AsSpan(0, 3 * 32)));
    }

    [Theory]
    [InlineData("a\r\nX-Real-IP: 1.2.3.4")]
    [InlineData("a b")]
    [InlineData("a\u0000")]
    [InlineData("a\u007f")]
    [InlineData("ä")]
    public void Describe_AndDecode_TextThatWouldBreakALineOrAHeader_IsNotShown(string text)
    {
        var value = System.Text.Encoding.UTF8.GetBytes(text);
        var area = new byte[100];
        var length = ProxyTlvWriter.Write(area, ProxyTlvType.Authority, value);
        length += ProxyTlvWriter.Write(area.AsSpan(length), ProxyTlvType.AwsVpcEndpointId, [1, .. value]);

        Assert.Equal("Authority,0xEA", ProxyTlvField.Describe(area.AsSpan(0, length)));
        Assert.True(ProxyTlvField.TryParse("Authority", out var authority));
        Assert.False(authority.TryFind(area.AsSpan(0, length), out _));
    }
}
