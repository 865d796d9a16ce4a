using System.Net;
using System.Text;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class GoldenHeaderTests
{
    private static readonly IPEndPoint Source4 = IPEndPoint.Parse("192.0.2.1:56324");
    private static readonly IPEndPoint Destination4 = IPEndPoint.Parse("198.51.100.2:443");
    private static readonly IPEndPoint Source6 = IPEndPoint.Parse("[2001:db8::1]:56324");
    private static readonly IPEndPoint Destination6 = IPEndPoint.Parse("[2001:db8::2]:443");

    private static ProxyHeader Parse(byte[] bytes)
    {
        var result = ProxyHeaderParser.Parse(bytes, ProxyParseOptions.Default, out var header);
        Assert.Equal(new ProxyParseResult(ProxyParseStatus.Done, ProxyParseError.None), result);
        Assert.Equal(bytes.Length, header.Length);
        return header;
    }

    private static void AssertAddresses(ProxyHeader header, IPEndPoint source, IPEndPoint destination)
    {
        Assert.True(header.HasAddresses);
        Assert.Equal(source, header.Source.ToIPEndPoint());
        Assert.Equal(destination, header.Destination.ToIPEndPoint());
    }

    private static void AssertShape(
        ProxyHeader header, ProxyVersion version, ProxyCommand command, ProxyAddressFamily family, ProxyTransport transport)
    {
        Assert.Equal((version, command, family, transport), (header.Version, header.Command, header.Family, header.Transport));
    }

    [Fact]
    public void Parse_AwsNlbHealthCheck_IsLocalWithMatchingChecksumAndPadding()
    {
        var header = Parse(GoldenHeaders.AwsNlbHealthCheck);

        AssertShape(header, ProxyVersion.V2, ProxyCommand.Local, ProxyAddressFamily.Unspecified, ProxyTransport.Unspecified);
        Assert.Equal((100, 16, 84), (header.Length, header.TlvOffset, header.TlvLength));
        Assert.True(header.HasChecksum);
        Assert.False(header.HasAddresses);
        Assert.True(ProxyTlvReader.TryFind(GoldenHeaders.AwsNlbHealthCheck.AsSpan(16), ProxyTlvType.Noop, out var padding));
        Assert.Equal(74, padding.Length);
    }

    [Fact]
    public void Parse_V2Inet_GivesAddresses()
    {
        var header = Parse(GoldenHeaders.V2Inet);

        AssertShape(header, ProxyVersion.V2, ProxyCommand.Proxy, ProxyAddressFamily.Inet, ProxyTransport.Stream);
        AssertAddresses(header, Source4, Destination4);
        Assert.Equal((28, 0, false), (header.TlvOffset, header.TlvLength, header.HasChecksum));
    }

    [Fact]
    public void Parse_V2Inet6_GivesAddresses()
    {
        var header = Parse(GoldenHeaders.V2Inet6);

        AssertShape(header, ProxyVersion.V2, ProxyCommand.Proxy, ProxyAddressFamily.Inet6, ProxyTransport.Stream);
        AssertAddresses(header, Source6, Destination6);
        Assert.Equal((52, 0, false), (header.TlvOffset, header.TlvLength, header.HasChecksum));
    }

    [Theory]
    [InlineData(nameof(GoldenHeaders.V2InetDatagram), ProxyAddressFamily.Inet, ProxyTransport.Datagram)]
    [InlineData(nameof(GoldenHeaders.V2Inet6Datagram), ProxyAddressFamily.Inet6, ProxyTransport.Datagram)]
    [InlineData(nameof(GoldenHeaders.V2InetUnspecifiedTransport), ProxyAddressFamily.Inet, ProxyTransport.Unspecified)]
    [InlineData(nameof(GoldenHeaders.V2UnixStream), ProxyAddressFamily.Unix, ProxyTransport.Stream)]
    [InlineData(nameof(GoldenHeaders.V2UnixDatagram), ProxyAddressFamily.Unix, ProxyTransport.Datagram)]
    [InlineData(nameof(GoldenHeaders.V2Unspecified), ProxyAddressFamily.Unspecified, ProxyTransport.Unspecified)]
    [InlineData(nameof(GoldenHeaders.V2UnspecifiedWithJunk), ProxyAddressFamily.Unspecified, ProxyTransport.Stream)]
    public void Parse_V2OfOtherThanTcp_IsAcceptedWithoutAddresses(string name, ProxyAddressFamily family, ProxyTransport transport)
    {
        var header = Parse(GoldenHeaders.All[name]);

        AssertShape(header, ProxyVersion.V2, ProxyCommand.Proxy, family, transport);
        Assert.False(header.HasAddresses);
        Assert.Equal(default, header.Source);
        Assert.Equal(0, header.TlvLength);
    }

    [Theory]
    [InlineData(nameof(GoldenHeaders.V2Local), 0)]
    [InlineData(nameof(GoldenHeaders.V2LocalUndefinedFamily), 0)]
    [InlineData(nameof(GoldenHeaders.V2LocalWithAddresses), 7)]
    public void Parse_V2Local_IgnoresFamilyAndAddresses(string name, int tlvLength)
    {
        var header = Parse(GoldenHeaders.All[name]);

        AssertShape(header, ProxyVersion.V2, ProxyCommand.Local, ProxyAddressFamily.Unspecified, ProxyTransport.Unspecified);
        Assert.False(header.HasAddresses);
        Assert.Equal(tlvLength, header.TlvLength);
    }

    [Fact]
    public void Parse_V2AllTlvs_ShowsEachByteForByte()
    {
        var bytes = GoldenHeaders.V2AllTlvs;
        var header = Parse(bytes);
        var area = bytes.AsSpan(header.TlvOffset, header.TlvLength);

        var types = new List<byte>();
        foreach (var tlv in new ProxyTlvReader(area))
        {
            types.Add((byte)tlv.Type);
        }

        AssertAddresses(header, Source4, Destination4);
        Assert.True(header.HasChecksum);
        Assert.Equal([0x01, 0x02, 0x03, 0x04, 0x05, 0x20, 0x30, 0xEA, 0x9F], types);
        Assert.True(ProxyTlvReader.TryFind(area, ProxyTlvType.Authority, out var authority));
        Assert.Equal("example.org", Encoding.ASCII.GetString(authority));
        Assert.True(ProxyTlvReader.TryFind(area, ProxyTlvType.Ssl, out var value));
        Assert.True(ProxySslTlv.TryParse(value, out var ssl));
        Assert.Equal(ProxySslClient.Tls | ProxySslClient.CertificateInSession, ssl.Client);
        Assert.Equal(0u, ssl.Verify);

        var subTypes = new List<byte>();
        foreach (var tlv in new ProxyTlvReader(ssl.SubTlvs))
        {
            subTypes.Add((byte)tlv.Type);
        }

        Assert.Equal([0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29], subTypes);
        Assert.True(ProxyTlvReader.TryFind(ssl.SubTlvs, ProxyTlvType.SslGroup, out var group));
        Assert.Equal("X25519", Encoding.ASCII.GetString(group));
    }

    [Fact]
    public void Parse_V1Tcp4_GivesAddresses()
    {
        var header = Parse(GoldenHeaders.V1Tcp4);

        AssertShape(header, ProxyVersion.V1, ProxyCommand.Proxy, ProxyAddressFamily.Inet, ProxyTransport.Stream);
        AssertAddresses(header, Source4, Destination4);
        Assert.Equal((header.Length, 0), (header.TlvOffset, header.TlvLength));
    }

    [Fact]
    public void Parse_V1Tcp6_GivesAddresses()
    {
        var header = Parse(GoldenHeaders.V1Tcp6);

        AssertShape(header, ProxyVersion.V1, ProxyCommand.Proxy, ProxyAddressFamily.Inet6, ProxyTransport.Stream);
        AssertAddresses(header, Source6, Destination6);
    }

    [Fact]
    public void Parse_V1Tcp6Mapped_StaysInet6AndUnmaps()
    {
        var header = Parse(GoldenHeaders.V1Tcp6Mapped);

        Assert.Equal(ProxyAddressFamily.Inet6, header.Family);
        Assert.True(header.Source.IsIPv4Mapped);
        Assert.Equal(Source4, header.Source.Unmap().ToIPEndPoint());
        Assert.Equal(header.Source, header.Source.Unmap().MapToIPv6());
    }

    [Fact]
    public void Parse_V1Longest_Fits()
    {
        Assert.Equal(104, GoldenHeaders.V1Tcp6Longest.Length);
        Assert.Equal(107, GoldenHeaders.V1UnknownLongest.Length);
        Assert.Equal(65535, Parse(GoldenHeaders.V1Tcp6Longest).Source.Port);
        Assert.Equal(ProxyCommand.Local, Parse(GoldenHeaders.V1UnknownLongest).Command);
    }

    [Fact]
    public void Parse_V1Unknown_IsLocal()
    {
        AssertShape(Parse(GoldenHeaders.V1Unknown), ProxyVersion.V1, ProxyCommand.Local, ProxyAddressFamily.Unspecified, ProxyTransport.Unspecified);
    }
}
