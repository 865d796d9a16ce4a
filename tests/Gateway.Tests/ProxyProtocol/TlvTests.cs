using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class TlvTests
{
    [Theory]
    [InlineData("", 0, false)]
    [InlineData("040000", 1, false)]
    [InlineData("040000 040001ff", 2, false)]
    [InlineData("04", 0, true)]
    [InlineData("040000 0400", 1, true)]
    [InlineData("040000 040002ff", 1, true)]
    [InlineData("04ffff", 0, true)]
    public void Reader_Area_EndsWhereItIsMalformed(string hex, int count, bool malformed)
    {
        var reader = new ProxyTlvReader(HexText.Bytes(hex));
        var seen = 0;
        while (reader.MoveNext())
        {
            seen++;
        }

        Assert.Equal((count, malformed), (seen, reader.IsMalformed));
        Assert.False(reader.MoveNext());
    }

    [Fact]
    public void TryFind_SeveralOfAType_GivesTheFirst()
    {
        var area = HexText.Bytes("040000 050001aa 050001bb");

        Assert.True(ProxyTlvReader.TryFind(area, ProxyTlvType.UniqueId, out var value));
        Assert.Equal(0xAA, value[0]);
        Assert.False(ProxyTlvReader.TryFind(area, ProxyTlvType.Netns, out var none));
        Assert.True(none.IsEmpty);
    }

    [Theory]
    [InlineData("01000000", false)]
    [InlineData("0100000000", true)]
    [InlineData("0100000001 21000161", true)]
    [InlineData("0100000000 210002 61", false)]
    [InlineData("0100000000 2100", false)]
    public void SslTlv_Value_IsCheckedToItsEnd(string hex, bool valid)
    {
        Assert.Equal(valid, ProxySslTlv.TryParse(HexText.Bytes(hex), out var ssl));
        Assert.Equal(valid ? ProxySslClient.Tls : ProxySslClient.None, ssl.Client);
    }

    [Theory]
    [InlineData("Alpn", 0x01)]
    [InlineData("Authority", 0x02)]
    [InlineData("authority", 0x02)]
    [InlineData("Crc32c", 0x03)]
    [InlineData("Noop", 0x04)]
    [InlineData("UniqueId", 0x05)]
    [InlineData("Ssl", 0x20)]
    [InlineData("Netns", 0x30)]
    [InlineData("GcpPscConnectionId", 0xE0)]
    [InlineData("AlibabaVpcId", 0xE1)]
    [InlineData("AwsVpcEndpointId", 0xEA)]
    [InlineData("AzurePrivateLinkId", 0xEE)]
    [InlineData("0xEA", 0xEA)]
    [InlineData("0xea", 0xEA)]
    [InlineData("0X5", 0x05)]
    [InlineData("0x00", 0x00)]
    public void Names_NameOrNumber_IsRead(string text, byte expected)
    {
        Assert.True(ProxyTlvNames.TryParse(text, out var type));
        Assert.Equal((ProxyTlvType)expected, type);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("All")]
    [InlineData("234")]
    [InlineData("0x")]
    [InlineData("0x100")]
    [InlineData("0x0EA")]
    [InlineData("0xG0")]
    [InlineData("0x 1")]
    [InlineData("0x+1")]
    [InlineData(" Alpn")]
    [InlineData("SslVersion")]
    [InlineData("AlibabaEndpointId")]
    public void Names_Other_IsRefused(string? text)
    {
        Assert.False(ProxyTlvNames.TryParse(text, out var type));
        Assert.Equal((ProxyTlvType)0, type);
    }

    [Fact]
    public void Names_EveryType_FormatsAndReadsBack()
    {
        foreach (var type in Enumerable.Range(0, 256).Select(static number => (ProxyTlvType)number))
        {
            Assert.True(ProxyTlvNames.TryParse(ProxyTlvNames.Format(type), out var back));
            Assert.Equal(type, back);
        }

        Assert.Equal("AwsVpcEndpointId", ProxyTlvNames.Format(ProxyTlvType.AwsVpcEndpointId));
        Assert.Equal("0xEB", ProxyTlvNames.Format((ProxyTlvType)0xEB));
        Assert.Contains("Authority", ProxyTlvNames.All);
    }

    [Fact]
    public void Set_Copy_KeepsOrderAndBytesAndDropsTheChecksum()
    {
        var area = HexText.Bytes("020001aa 030004 00000000 ea000101 020001bb 9f0000");
        var destination = new byte[area.Length];

        var some = new ProxyTlvSet([ProxyTlvType.Authority, ProxyTlvType.Crc32c, (ProxyTlvType)0x9F]).Copy(area, destination);
        Assert.Equal(HexText.Bytes("020001aa 020001bb 9f0000"), destination[..some]);

        var all = ProxyTlvSet.All.Copy(area, destination);
        Assert.Equal(HexText.Bytes("020001aa ea000101 020001bb 9f0000"), destination[..all]);

        Assert.Equal(0, ProxyTlvSet.None.Copy(area, destination));
        Assert.True(ProxyTlvSet.All.Contains(ProxyTlvType.AwsVpcEndpointId));
        Assert.False(ProxyTlvSet.None.Contains(ProxyTlvType.AwsVpcEndpointId));
    }

    [Fact]
    public void Cloud_DocumentedLayouts_AreRead()
    {
        Assert.True(ProxyCloudTlvs.TryReadAwsVpcEndpointId([1, .. "vpce-08d2bf15fac5001c9"u8], out var aws));
        Assert.Equal("vpce-08d2bf15fac5001c9", aws);
        Assert.True(ProxyCloudTlvs.TryReadGcpPscConnectionId(HexText.Bytes("0102030405060708"), out var gcp));
        Assert.Equal(0x0102030405060708ul, gcp);
        Assert.True(ProxyCloudTlvs.TryReadAzureLinkId(HexText.Bytes("01 78563412"), out var azure));
        Assert.Equal(0x12345678u, azure);
        Assert.True(ProxyCloudTlvs.TryReadAlibabaId([2, .. "ep-bp1i"u8], out var kind, out var alibaba));
        Assert.Equal((AlibabaIdKind.Endpoint, "ep-bp1i"), (kind, alibaba));
    }

    [Fact]
    public void Cloud_OtherLayouts_AreRefused()
    {
        Assert.False(ProxyCloudTlvs.TryReadAwsVpcEndpointId([], out _));
        Assert.False(ProxyCloudTlvs.TryReadAwsVpcEndpointId([2, .. "vpce-1"u8], out _));
        Assert.False(ProxyCloudTlvs.TryReadAwsVpcEndpointId([1, .. "vpce-1\r\n"u8], out _));
        Assert.False(ProxyCloudTlvs.TryReadAwsVpcEndpointId([1, .. Enumerable.Repeat((byte)'a', 256)], out _));
        Assert.False(ProxyCloudTlvs.TryReadGcpPscConnectionId(new byte[7], out _));
        Assert.False(ProxyCloudTlvs.TryReadGcpPscConnectionId(new byte[9], out _));
        Assert.False(ProxyCloudTlvs.TryReadAzureLinkId(HexText.Bytes("02 78563412"), out _));
        Assert.False(ProxyCloudTlvs.TryReadAzureLinkId(HexText.Bytes("01 785634"), out _));
        Assert.False(ProxyCloudTlvs.TryReadAlibabaId([4, .. "x"u8], out _, out _));
        Assert.False(ProxyCloudTlvs.TryReadAlibabaId([], out _, out _));
    }
}
