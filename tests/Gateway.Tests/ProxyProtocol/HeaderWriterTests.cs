using System.Net;
using System.Text;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class HeaderWriterTests
{
    private static readonly ProxyEndPoint Source4 = EndPoint("192.0.2.1:56324");
    private static readonly ProxyEndPoint Destination4 = EndPoint("198.51.100.2:443");
    private static readonly ProxyEndPoint Source6 = EndPoint("[2001:db8::1]:56324");
    private static readonly ProxyEndPoint Destination6 = EndPoint("[2001:db8::2]:443");

    [Theory]
    [InlineData("192.0.2.1:56324", "198.51.100.2:443", "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n")]
    [InlineData("0.0.0.0:0", "255.255.255.255:65535", "PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n")]
    [InlineData("[2001:db8::1]:1", "[::]:2", "PROXY TCP6 2001:db8::1 :: 1 2\r\n")]
    [InlineData("[1:0:0:2:0:0:0:3]:1", "[1:0:0:2:3:0:0:4]:2", "PROXY TCP6 1:0:0:2::3 1::2:3:0:0:4 1 2\r\n")]
    [InlineData("[1:0:2:3:4:5:6:7]:1", "[a:b:c:d::]:2", "PROXY TCP6 1:0:2:3:4:5:6:7 a:b:c:d:: 1 2\r\n")]
    [InlineData("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:2", "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n")]
    [InlineData("192.0.2.1:1", "[2001:db8::2]:2", "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 2\r\n")]
    [InlineData("[2001:db8::2]:1", "192.0.2.1:2", "PROXY TCP6 2001:db8::2 ::ffff:192.0.2.1 1 2\r\n")]
    [InlineData("[fe80::5efe:c000:201%3]:1", "[::c000:201]:2", "PROXY TCP6 fe80::5efe:c000:201 ::c000:201 1 2\r\n")]
    public void WriteV1_EndPoints_WritesTheLine(string source, string destination, string expected)
    {
        var line = new byte[ProxyHeaderWriter.MaxV1Length];

        var length = ProxyHeaderWriter.WriteV1(line, EndPoint(source), EndPoint(destination));

        Assert.Equal(expected, Encoding.ASCII.GetString(line, 0, length));
    }

    [Fact]
    public void WriteV1_NoAddress_WritesUnknown()
    {
        var line = new byte[ProxyHeaderWriter.MaxV1Length];

        Assert.Equal("PROXY UNKNOWN\r\n", Encoding.ASCII.GetString(line, 0, ProxyHeaderWriter.WriteV1(line, default, Source4)));
        Assert.Equal("PROXY UNKNOWN\r\n", Encoding.ASCII.GetString(line, 0, ProxyHeaderWriter.WriteV1Unknown(line)));
    }

    [Fact]
    public void WriteV2_Addresses_WritesTheGoldenBytes()
    {
        Assert.Equal(GoldenHeaders.V2Inet, WriteV2(ProxyCommand.Proxy, Source4, Destination4));
        Assert.Equal(GoldenHeaders.V2Inet6, WriteV2(ProxyCommand.Proxy, Source6, Destination6));
        Assert.Equal(GoldenHeaders.V2Local, WriteV2(ProxyCommand.Local, Source4, Destination4));
        Assert.Equal(GoldenHeaders.V2Unspecified, WriteV2(ProxyCommand.Proxy, Source4, default));
    }

    [Fact]
    public void WriteV2_MixedFamilies_MapsIPv4()
    {
        var bytes = WriteV2(ProxyCommand.Proxy, Source4, Destination6);

        ProxyHeaderParser.Parse(bytes, ProxyParseOptions.Default, out var header);
        Assert.Equal(ProxyAddressFamily.Inet6, header.Family);
        Assert.Equal(Source4, header.Source.Unmap());
        Assert.Equal(Destination6, header.Destination);
    }

    [Fact]
    public void WriteV2_ForwardedTlvs_RecomputesTheChecksum()
    {
        var golden = GoldenHeaders.V2AllTlvs;

        // Another source, the TLVs as they came: the old checksum must be gone, the new one right.
        var bytes = WriteV2(ProxyCommand.Proxy, Destination4, Destination4, golden.AsSpan(28).ToArray(), withChecksum: true);

        Assert.Equal(golden.Length, bytes.Length);
        Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(bytes, ProxyParseOptions.Default, out var header).Status);
        Assert.True(header.HasChecksum);
        Assert.Equal(0x03, bytes[^7]);
        Assert.NotEqual(golden[50..54], bytes[^4..]);
        byte[] withoutChecksum = [.. golden[28..47], .. golden[54..]];
        Assert.Equal(withoutChecksum, bytes[28..^7]);
    }

    [Fact]
    public void WriteV2_GoldenLocal_ReproducesTheAwsChecksum()
    {
        // The same TLVs in our order: the checksum at the end instead of in front.
        byte[] tlvs = [0x04, 0x00, 0x4A, .. new byte[74]];
        var bytes = WriteV2(ProxyCommand.Local, default, default, tlvs, withChecksum: true);

        Assert.Equal(GoldenHeaders.AwsNlbHealthCheck.Length, bytes.Length);
        Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(bytes, ProxyParseOptions.Default, out var header).Status);
        Assert.Equal((ProxyCommand.Local, true, 84), (header.Command, header.HasChecksum, header.TlvLength));
    }

    [Fact]
    public void WriteV2_TlvsBeyondTheLengthField_AreLeftOutAndCounted()
    {
        var big = Tlv(ProxyTlvType.Noop, 40_000);
        byte[] tlvs = [.. big, .. big, .. Tlv(ProxyTlvType.UniqueId, 16), .. big];
        var destination = new byte[ProxyHeaderWriter.GetV2Length(ProxyAddressFamily.Inet, tlvs.Length, true)];

        var length = ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, Source4, Destination4, tlvs, true, out var skipped);

        Assert.Equal(ProxyHeaderWriter.MaxV2Length, destination.Length);
        Assert.Equal(2, skipped);
        Assert.Equal(28 + big.Length + 19 + 7, length);
        var options = new ProxyParseOptions { MaxHeaderBytes = ProxyHeaderWriter.MaxV2Length };
        Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(destination.AsSpan(0, length), options, out var header).Status);
        Assert.Equal((length, true), (header.Length, header.HasChecksum));
    }

    [Fact]
    public void WriteV2_TlvsThatFillTheLengthField_AllFit()
    {
        var tlvs = Tlv(ProxyTlvType.Noop, ushort.MaxValue - 12 - 7 - 3);
        var destination = new byte[ProxyHeaderWriter.MaxV2Length];

        var length = ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, Source4, Destination4, tlvs, true, out var skipped);

        Assert.Equal((ProxyHeaderWriter.MaxV2Length, 0), (length, skipped));
    }

    [Fact]
    public void WriteV2_MalformedTlvs_WritesAValidHeaderWithoutTheRest()
    {
        byte[] tlvs = [.. Tlv(ProxyTlvType.UniqueId, 2), 0x01, 0x00];
        var destination = new byte[100];

        var length = ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, Source4, Destination4, tlvs, false, out var skipped);

        Assert.Equal((28 + 5, 1), (length, skipped));
        Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(destination.AsSpan(0, length), ProxyParseOptions.Default, out _).Status);
    }

    [Fact]
    public void Write_DestinationTooShort_Throws()
    {
        Assert.Throws<ArgumentException>(() => ProxyHeaderWriter.WriteV1(new byte[106], Source4, Destination4));
        Assert.Throws<ArgumentException>(() => ProxyHeaderWriter.WriteV1Unknown(new byte[14]));
        Assert.Throws<ArgumentException>(() => ProxyHeaderWriter.WriteV2(new byte[27], ProxyCommand.Proxy, Source4, Destination4, [], false));
        Assert.Throws<ArgumentException>(() => ProxyHeaderWriter.WriteV2(new byte[34], ProxyCommand.Proxy, Source4, Destination4, [], true));
    }

    private static byte[] WriteV2(
        ProxyCommand command, ProxyEndPoint source, ProxyEndPoint destination, byte[]? tlvs = null, bool withChecksum = false)
    {
        var bytes = new byte[ProxyHeaderWriter.MaxV2Length];
        return bytes[..ProxyHeaderWriter.WriteV2(bytes, command, source, destination, tlvs ?? [], withChecksum)];
    }

    private static byte[] Tlv(ProxyTlvType type, int length)
    {
        var tlv = new byte[ProxyTlv.PrefixLength + length];
        ProxyTlvWriter.Write(tlv, type, new byte[length]);
        return tlv;
    }

    private static ProxyEndPoint EndPoint(string text) => ProxyEndPoint.From(IPEndPoint.Parse(text));
}
