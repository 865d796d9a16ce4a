using System.Text;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

/// <summary>Which TLVs are passed on: by name and value, and as many as there is room for.</summary>
public sealed class TlvRoomTests
{
    private const byte Authority = 0x02;
    private const byte UniqueId = 0x05;
    private const byte Ssl = 0x20;
    private const byte Gcp = 0xE0;
    private const byte Aws = 0xEA;

    private static readonly byte[] Psc = [0, 0, 0, 0, 0, 0, 0, 7];
    private static readonly byte[] Certificate = Encoding.ASCII.GetBytes("-----BEGIN TRUSTED CERTIFICATE-----\nMIIB\n-----END TRUSTED CERTIFICATE-----\n");

    [Fact]
    public void Parse_ACloudsName_MeansItsLayout()
    {
        Assert.Equal([Gcp], Passed(["GcpPscConnectionId"], (Gcp, Psc), (Authority, "a"u8.ToArray())));
        Assert.Empty(Passed(["GcpPscConnectionId"], (Gcp, Certificate)));
        Assert.Equal([Gcp], Passed(["0xE0"], (Gcp, Certificate)));
        Assert.Equal([Gcp], Passed(["GcpPscConnectionId", "0xE0"], (Gcp, Certificate)));
        Assert.Equal([Gcp], Passed(["0xE0", "GcpPscConnectionId"], (Gcp, Certificate)));
    }

    [Theory]
    [InlineData("AwsVpcEndpointId", "01767063652D31", true)]
    [InlineData("AwsVpcEndpointId", "02767063652D31", false)]
    [InlineData("AwsVpcEndpointId", "01", false)]
    [InlineData("AwsVpcEndpointId", "0100", false)]
    [InlineData("AzurePrivateLinkId", "0107000000", true)]
    [InlineData("AzurePrivateLinkId", "01070000", false)]
    [InlineData("AlibabaVpcId", "01767063", true)]
    [InlineData("AlibabaVpcId", "03767063", true)]
    [InlineData("AlibabaVpcId", "04767063", false)]
    [InlineData("SpiffeId", "7370696666653A2F2F74642F6E732F61", true)]
    [InlineData("SpiffeId", "74642F6E732F61", false)]
    [InlineData("Authority", "00FF", true)] // no cloud's: whatever it is, its type says what it is for
    public void Parse_EachName_TakesWhatItStandsFor(string name, string value, bool expected)
    {
        Assert.True(ProxyTlvNames.TryParse(name, out var type));
        Assert.Equal(expected, Passed([name], ((byte)type, Convert.FromHexString(value))).Count == 1);
        Assert.Equal(!expected, ProxyTlvField.Describe(Area(((byte)type, Convert.FromHexString(value)))) == $"0x{(byte)type:X2}");
    }

    [Fact]
    public void Describe_Hitchs0xE0_IsNotNamedAfterGoogle() =>
        Assert.Equal("Authority:www.example.test,0xE0,Ssl", ProxyTlvField.Describe(Area((Authority, "www.example.test"u8.ToArray()), (Gcp, Certificate), (Ssl, new byte[5]))));

    [Theory]
    [InlineData(1000, "02 E0 20 E5 EA 05 04")] // as they came
    [InlineData(100, "02 20 05 EA E5 04")] // the certificate is what does not fit
    [InlineData(60, "02 20 05 EA E5 04")]
    [InlineData(58, "02 20 05 EA E5 04")]
    [InlineData(57, "02 20 05 EA E5")]
    [InlineData(51, "02 20 05 EA 04")]
    [InlineData(42, "02 20 05 04")] // what is less important fits where the more important does not
    [InlineData(16, "02 04")]
    [InlineData(2, "")]
    [InlineData(-1, "")]
    public void Copy_IntoLittleRoom_LeavesTheLeastImportantOut(int room, string expected)
    {
        // 3 + 10, 3 + 74, 3 + 12, 3 + 4, 3 + 6, 3 + 8, 3 + 0 bytes
        var area = Area(
            (Authority, "10-letters"u8.ToArray()), (Gcp, Certificate), (Ssl, new byte[12]), (0xE5, new byte[4]), (Aws, [1, .. "vpc-1"u8]), (UniqueId, new byte[8]), (0x04, []));
        var destination = new byte[area.Length];
        var written = ProxyTlvSet.All.Copy(area, destination, room, out var leftOut);
        Assert.Equal(expected, string.Join(' ', Types(destination.AsSpan(0, written)).Select(static type => $"{type:X2}")));
        Assert.Equal(7 - Types(destination.AsSpan(0, written)).Count, leftOut);
        Assert.True(written <= Math.Max(room, 0));
    }

    [Fact]
    public void Copy_TheFirstOfItsTypeDoesNotFit_NeitherDoesTheSecond()
    {
        var area = Area((Authority, new byte[100]), (Authority, "b"u8.ToArray()), (UniqueId, "u"u8.ToArray()));
        var destination = new byte[area.Length];
        var written = ProxyTlvSet.All.Copy(area, destination, 50, out var leftOut);
        Assert.Equal([UniqueId], Types(destination.AsSpan(0, written)));
        Assert.Equal(2, leftOut);
    }

    [Fact]
    public void Copy_WhatWasAsked_GoesFirst()
    {
        var area = Area((Authority, new byte[20]), (0xE5, new byte[20]));
        var destination = new byte[area.Length];
        var written = ProxyTlvSet.All.Copy(area, destination, 30, out _, first: new ProxyTlvSet([(ProxyTlvType)0xE5]));
        Assert.Equal([(byte)0xE5], Types(destination.AsSpan(0, written)));
    }

    private static List<byte> Passed(string[] names, params (byte Type, byte[] Value)[] tlvs)
    {
        var area = Area(tlvs);
        var destination = new byte[area.Length];
        return Types(destination.AsSpan(0, ProxyTlvSet.Parse(names).Copy(area, destination)));
    }

    private static byte[] Area(params (byte Type, byte[] Value)[] tlvs) =>
        [.. tlvs.SelectMany(static tlv => (byte[])[tlv.Type, (byte)(tlv.Value.Length >> 8), (byte)tlv.Value.Length, .. tlv.Value])];

    private static List<byte> Types(ReadOnlySpan<byte> area)
    {
        var types = new List<byte>();
        foreach (var tlv in new ProxyTlvReader(area))
        {
            types.Add((byte)tlv.Type);
        }

        return types;
    }
}
