using System.Text;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

/// <summary>Version 1 lines whose destination has the other family: taken where that is asked for, and then as strictly as any other.</summary>
public sealed class MixedFamilyTests
{
    private static readonly ProxyParseOptions Mixed = new() { AllowMixedFamilies = true };

    public static TheoryData<string, string, string> Lines => new()
    {
        { "PROXY TCP6 2001:db8::7 127.0.0.1 40001 41299\r\n", "[2001:db8::7]:40001", "127.0.0.1:41299" },
        { "PROXY TCP4 198.51.100.7 ::1 40001 44323\r\n", "198.51.100.7:40001", "[::1]:44323" },
        { "PROXY TCP4 198.51.100.7 2001:db8::1 40001 44323\r\n", "198.51.100.7:40001", "[2001:db8::1]:44323" },
        { "PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", "[2001:db8::7]:1", "[2001:db8::1]:2" },
        { "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n", "[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:2" },
        { "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "192.0.2.1:1", "192.0.2.2:2" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Parse_Line_InAnyPieces(string line, string source, string destination)
    {
        var bytes = Encoding.ASCII.GetBytes(line);
        for (var length = 6; length < bytes.Length; length++)
        {
            Assert.Equal(ProxyParseStatus.NeedMore, ProxyHeaderParser.Parse(bytes.AsSpan(0, length), Mixed, out _).Status);
        }

        Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(bytes, Mixed, out var header).Status);
        Assert.Equal((source, destination, bytes.Length), (header.Source.ToString(), header.Destination.ToString(), header.Length));
    }

    [Theory]
    [InlineData("PROXY TCP6 2001:db8::7 127.0.0.1 40001 41299\r\n")]
    [InlineData("PROXY TCP4 198.51.100.7 ::1 40001 44323\r\n")]
    public void Parse_WhereItIsNotAskedFor_IsRefused(string line) =>
        Assert.Equal(ProxyParseError.DestinationAddress, ProxyHeaderParser.Parse(Encoding.ASCII.GetBytes(line), ProxyParseOptions.Default, out _).Error);

    [Theory]
    [InlineData("PROXY TCP6 127.0.0.1 ::1 1 2\r\n", ProxyParseError.SourceAddress)]
    [InlineData("PROXY TCP4 ::1 127.0.0.1 1 2\r\n", ProxyParseError.SourceAddress)]
    [InlineData("PROXY TCP6 2001:db8::7 127.0.0.256 1 2\r\n", ProxyParseError.DestinationAddress)]
    [InlineData("PROXY TCP6 2001:db8::7 127.0.0.01 1 2\r\n", ProxyParseError.DestinationAddress)]
    [InlineData("PROXY TCP6 2001:db8::7 127.0.1 1 2\r\n", ProxyParseError.DestinationAddress)]
    [InlineData("PROXY TCP4 192.0.2.1 2001:db8::7::1 1 2\r\n", ProxyParseError.DestinationAddress)]
    [InlineData("PROXY TCP4 192.0.2.1 fe80::1%1 1 2\r\n", ProxyParseError.DestinationAddress)]
    [InlineData("PROXY TCP4 192.0.2.1 20011:db8::7 1 2\r\n", ProxyParseError.DestinationAddress)]
    [InlineData("PROXY TCP4 192.0.2.1 x 1 2\r\n", ProxyParseError.DestinationAddress)]
    [InlineData("PROXY TCP4 192.0.2.1 99999", ProxyParseError.DestinationAddress)]
    [InlineData("PROXY TCP4 192.0.2.1 \r\n", ProxyParseError.FieldMissing)]
    public void Parse_WhatIsNoAddressOfEither_IsRefused(string line, ProxyParseError error) =>
        Assert.Equal(error, ProxyHeaderParser.Parse(Encoding.ASCII.GetBytes(line), Mixed, out _).Error);
}
