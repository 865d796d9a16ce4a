using System.Net;
using System.Text;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class FieldReaderTests
{
    [Theory]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("010.0.0.1")]
    [InlineData("01.2.3.4")]
    [InlineData("1.2.3.04")]
    [InlineData("1.2.3.00")]
    [InlineData("256.0.0.1")]
    [InlineData("299.0.0.1")]
    [InlineData("1..2.3")]
    [InlineData(".1.2.3")]
    [InlineData("1.2.3.")]
    [InlineData("+1.2.3.4")]
    [InlineData("1.2.3.4/8")]
    [InlineData("::ffff:1.2.3.4")]
    [InlineData("4294967295")]
    public void Line_LenientIPv4_IsRefusedOnBothSides(string address)
    {
        Assert.Equal(ProxyParseError.SourceAddress, Parse($"PROXY TCP4 {address} 1.2.3.4 1 2\r\n"));
        Assert.Equal(ProxyParseError.DestinationAddress, Parse($"PROXY TCP4 1.2.3.4 {address} 1 2\r\n"));
    }

    [Theory]
    [InlineData("::1%eth0")]
    [InlineData("fe80::1%1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData(":1")]
    [InlineData("1:")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7::8")]
    [InlineData("::1:2:3:4:5:6:7:8")]
    [InlineData("1::2::3")]
    [InlineData("12345::")]
    [InlineData("::g")]
    [InlineData("::1.2.3")]
    [InlineData("::01.2.3.4")]
    [InlineData("::1.2.3.4:5")]
    [InlineData("1:2:3:4:5:6:7:1.2.3.4")]
    [InlineData("1:2:3:4:5:1.2.3.4")]
    [InlineData("1:2:3:4:5:6::1.2.3.4")]
    [InlineData("192.0.2.1")]
    [InlineData("::1/64")]
    [InlineData("0x1::")]
    public void Line_LenientIPv6_IsRefusedOnBothSides(string address)
    {
        Assert.Equal(ProxyParseError.SourceAddress, Parse($"PROXY TCP6 {address} ::1 1 2\r\n"));
        Assert.Equal(ProxyParseError.DestinationAddress, Parse($"PROXY TCP6 ::1 {address} 1 2\r\n"));
    }

    [Theory]
    [InlineData("+80")]
    [InlineData(" 80")]
    [InlineData("080")]
    [InlineData("00")]
    [InlineData("65536")]
    [InlineData("99999")]
    [InlineData("4294967376")]
    [InlineData("-1")]
    [InlineData("0x50")]
    [InlineData("8 0")]
    [InlineData("http")]
    public void Line_LenientPort_IsRefusedOnBothSides(string port)
    {
        var source = Parse($"PROXY TCP4 1.2.3.4 5.6.7.8 {port} 1\r\n");
        var destination = Parse($"PROXY TCP4 1.2.3.4 5.6.7.8 1 {port}\r\n");

        // "8 0" is two fields: as the source port it pushes one out of the line.
        Assert.Equal(port == "8 0" ? ProxyParseError.TrailingData : ProxyParseError.SourcePort, source);
        Assert.Equal(port == "8 0" ? ProxyParseError.TrailingData : ProxyParseError.DestinationPort, destination);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.200.9")]
    public void Line_PlainIPv4_IsRead(string address) => AssertRead("TCP4", address);

    [Theory]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("1:2:3:4:5:6:7::")]
    [InlineData("::2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3::5:6:7:8")]
    [InlineData("0001:0DB8:0:00:000:0000:aBcD:ffff")]
    [InlineData("::ffff:192.0.2.1")]
    [InlineData("::192.0.2.1")]
    [InlineData("1:2:3:4:5:6:192.0.2.1")]
    [InlineData("1:2:3:4:5::192.0.2.1")]
    [InlineData("64:ff9b::192.0.2.255")]
    public void Line_PlainIPv6_IsRead(string address) => AssertRead("TCP6", address);

    private static void AssertRead(string protocol, string address)
    {
        var line = Encoding.ASCII.GetBytes($"PROXY {protocol} {address} {address} 0 65535\r\n");

        Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(line, ProxyParseOptions.Default, out var header).Status);
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), 0), header.Source.ToIPEndPoint());
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), 65535), header.Destination.ToIPEndPoint());
    }

    private static ProxyParseError Parse(string line)
    {
        var result = ProxyHeaderParser.Parse(Encoding.ASCII.GetBytes(line), ProxyParseOptions.Default, out _);
        Assert.Equal(ProxyParseStatus.Invalid, result.Status);
        return result.Error;
    }
}
