using System.Text;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class ParseErrorTests
{
    private const string Signature = "0d0a0d0a000d0a515549540a";
    private const string Inet = "c0000201 c6336402 dc04 01bb";

    // Error, text or hex: one row per class at least (Every_Class_IsHit holds them to it).
    private static readonly (ProxyParseError Error, byte[] Input)[] Cases =
    [
        (ProxyParseError.NoSignature, Text("GET / HTTP/1.1\r\n")),
        (ProxyParseError.NoSignature, Text("PROXX")),
        (ProxyParseError.NoSignature, Text("PROXYING")),
        (ProxyParseError.NoSignature, Text("proxy TCP4 ")),
        (ProxyParseError.NoSignature, Text(" PROXY TCP4")),
        (ProxyParseError.NoSignature, HexText.Bytes("0d0a0d0a000d0a515549540b")),
        (ProxyParseError.NoSignature, HexText.Bytes("0d0a0d0a0d")),
        (ProxyParseError.TooLarge, HexText.Bytes($"{Signature} 21 11 0ff1")),
        (ProxyParseError.TooLarge, HexText.Bytes($"{Signature} 20 00 ffff")),
        (ProxyParseError.VersionNotAllowed, []),
        (ProxyParseError.LineTooLong, Text("PROXY UNKNOWN " + new string('x', 107 - 14))),
        (ProxyParseError.LineTooLong, Text("PROXY UNKNOWN " + new string('x', 92) + "\r\n")),
        (ProxyParseError.LineTooLong, Text($"PROXY TCP6 {Groups}255.255.255.255 {Groups}255.255.255.255 65535 65535\r\n")),
        (ProxyParseError.LoneLineBreak, Text("PROXY UNKNOWN\n")),
        (ProxyParseError.LoneLineBreak, Text("PROXY UNKNOWN a\rb\r\n")),
        (ProxyParseError.LoneLineBreak, Text("PROXY UNKNOWN a\nb\r\n")),
        (ProxyParseError.LoneLineBreak, Text("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n")),
        (ProxyParseError.LoneLineBreak, Text("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r")),
        (ProxyParseError.LoneLineBreak, Text("PROXY TCP4 1.2.3.4\n")),
        (ProxyParseError.LoneLineBreak, Text("PROXY TCP4 1.2.3.4 \n")),
        (ProxyParseError.LineProtocol, Text("PROXY TCP5 ")),
        (ProxyParseError.LineProtocol, Text("PROXY UDP4")),
        (ProxyParseError.LineProtocol, Text("PROXY tcp4 ")),
        (ProxyParseError.LineProtocol, Text("PROXY  TCP4")),
        (ProxyParseError.LineProtocol, Text("PROXY UNKNOWNS\r\n")),
        (ProxyParseError.LineProtocol, Text("PROXY TCP41.2.3.4")),
        (ProxyParseError.LineProtocol, Text("PROXY \r\n")),
        (ProxyParseError.FieldMissing, Text("PROXY TCP4\r\n")),
        (ProxyParseError.FieldMissing, Text("PROXY TCP4 \r\n")),
        (ProxyParseError.FieldMissing, Text("PROXY TCP4 1.2.3.4\r\n")),
        (ProxyParseError.FieldMissing, Text("PROXY TCP6 ::1 ::2 1\r\n")),
        (ProxyParseError.FieldMissing, Text("PROXY TCP6 ::1 ::2 1 \r\n")),
        (ProxyParseError.SourceAddress, Text("PROXY TCP4 1.2.3\r\n")),
        (ProxyParseError.SourceAddress, Text("PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n")),
        (ProxyParseError.SourceAddress, Text("PROXY TCP4 ::1 ::1 1 2\r\n")),
        (ProxyParseError.DestinationAddress, Text("PROXY TCP4 1.2.3.4 256.")),
        (ProxyParseError.DestinationAddress, Text("PROXY TCP6 ::1 192.0.2.1 1 2\r\n")),
        (ProxyParseError.DestinationAddress, Text("PROXY TCP6 ::1 ::2%eth0 1 2\r\n")),
        (ProxyParseError.SourcePort, Text("PROXY TCP4 1.2.3.4 5.6.7.8 +80 1\r\n")),
        (ProxyParseError.SourcePort, Text("PROXY TCP4 1.2.3.4 5.6.7.8 65536")),
        (ProxyParseError.SourcePort, Text("PROXY TCP4 1.2.3.4 5.6.7.8  80 1\r\n")),
        (ProxyParseError.DestinationPort, Text("PROXY TCP4 1.2.3.4 5.6.7.8 1 080\r\n")),
        (ProxyParseError.DestinationPort, Text("PROXY TCP4 1.2.3.4 5.6.7.8 1 80x\r\n")),
        (ProxyParseError.DestinationPort, Text("PROXY TCP4 1.2.3.4 5.6.7.8 1 -1\r\n")),
        (ProxyParseError.TrailingData, Text("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n")),
        (ProxyParseError.TrailingData, Text("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n")),
        (ProxyParseError.VersionUnknown, HexText.Bytes($"{Signature} 11")),
        (ProxyParseError.VersionUnknown, HexText.Bytes($"{Signature} 31")),
        (ProxyParseError.CommandUnknown, HexText.Bytes($"{Signature} 22")),
        (ProxyParseError.CommandUnknown, HexText.Bytes($"{Signature} 2f")),
        (ProxyParseError.FamilyUnknown, HexText.Bytes($"{Signature} 21 41")),
        (ProxyParseError.FamilyUnknown, HexText.Bytes($"{Signature} 21 ff")),
        (ProxyParseError.TransportUnknown, HexText.Bytes($"{Signature} 21 13")),
        (ProxyParseError.TransportUnknown, HexText.Bytes($"{Signature} 21 0f")),
        (ProxyParseError.AddressesTooShort, HexText.Bytes($"{Signature} 21 11 000b")),
        (ProxyParseError.AddressesTooShort, HexText.Bytes($"{Signature} 21 22 0023")),
        (ProxyParseError.AddressesTooShort, HexText.Bytes($"{Signature} 21 31 00d7")),
        (ProxyParseError.TlvMalformed, HexText.Bytes($"{Signature} 21 11 000d {Inet} 01")),
        (ProxyParseError.TlvMalformed, HexText.Bytes($"{Signature} 21 11 000e {Inet} 01 00")),
        (ProxyParseError.TlvMalformed, HexText.Bytes($"{Signature} 21 11 000f {Inet} 01 0001")),
        (ProxyParseError.TlvMalformed, HexText.Bytes($"{Signature} 21 12 0010 {Inet} 01 0002 00")),
        (ProxyParseError.SslTlvMalformed, HexText.Bytes($"{Signature} 21 11 0013 {Inet} 20 0004 01000000")),
        (ProxyParseError.SslTlvMalformed, HexText.Bytes($"{Signature} 21 11 0015 {Inet} 20 0006 0100000000 21")),
        (ProxyParseError.SslTlvMalformed, HexText.Bytes($"{Signature} 21 11 0017 {Inet} 20 0008 0100000000 21 0001")),
        (ProxyParseError.UniqueIdTooLong, HexText.Bytes($"{Signature} 21 11 0090 {Inet} 05 0081 {string.Concat(Enumerable.Repeat("61", 129))}")),
        (ProxyParseError.ChecksumLength, HexText.Bytes($"{Signature} 21 11 0012 {Inet} 03 0003 000000")),
        (ProxyParseError.ChecksumLength, HexText.Bytes($"{Signature} 21 11 0014 {Inet} 03 0005 0000000000")),
        (ProxyParseError.ChecksumRepeated, HexText.Bytes($"{Signature} 21 11 001a {Inet} 03 0004 00000000 03 0004 00000000")),
        (ProxyParseError.ChecksumMismatch, HexText.Bytes($"{Signature} 21 11 0013 {Inet} 03 0004 00000000")),
        (ProxyParseError.ChecksumMismatch, [.. GoldenHeaders.AwsNlbHealthCheck[..^1], 0x01]),
    ];

    private const string Groups = "1111:2222:3333:4444:5555:6666:";

    public static TheoryData<int, ProxyParseError> Rows()
    {
        var rows = new TheoryData<int, ProxyParseError>();
        for (var index = 0; index < Cases.Length; index++)
        {
            if (Cases[index].Error != ProxyParseError.VersionNotAllowed)
            {
                rows.Add(index, Cases[index].Error);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Parse_Invalid_SaysWhy(int index, ProxyParseError error)
    {
        var input = Cases[index].Input;
        var expected = new ProxyParseResult(ProxyParseStatus.Invalid, error);

        Assert.Equal(expected, ProxyHeaderParser.Parse(input, ProxyParseOptions.Default, out var header));
        Assert.Equal(default, header);
        Assert.Equal(expected, ProxyHeaderParser.Parse(Segments.ByteByByte(input), ProxyParseOptions.Default, out _));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Parse_InvalidWithMoreBehindIt_StaysInvalid(int index, ProxyParseError error)
    {
        byte[] input = [.. Cases[index].Input, .. "\r\n more data \r\n"u8];

        Assert.Equal(new ProxyParseResult(ProxyParseStatus.Invalid, error), ProxyHeaderParser.Parse(input, ProxyParseOptions.Default, out _));
    }

    [Fact]
    public void Every_Class_IsHit()
    {
        var hit = Cases.Select(static row => row.Error).Append(ProxyParseError.None).ToHashSet();

        Assert.Equal(Enum.GetValues<ProxyParseError>(), hit.Order());
    }

    [Theory]
    [InlineData("PROXY ", false, true, ProxyParseError.VersionNotAllowed)]
    [InlineData("PROXY TCP4 1.2.3.4 ", false, true, ProxyParseError.VersionNotAllowed)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n", true, false, ProxyParseError.VersionNotAllowed)]
    [InlineData("PROXX", false, true, ProxyParseError.NoSignature)]
    public void Parse_VersionNotAllowed_IsInvalidFromItsSignatureOn(string input, bool allowV1, bool allowV2, ProxyParseError error)
    {
        var options = new ProxyParseOptions { AllowV1 = allowV1, AllowV2 = allowV2 };

        Assert.Equal(new ProxyParseResult(ProxyParseStatus.Invalid, error), ProxyHeaderParser.Parse(Text(input), options, out _));
    }

    [Fact]
    public void Parse_Limit_IsOfTheWholeHeader()
    {
        var input = GoldenHeaders.V2Inet;

        Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(input, new() { MaxHeaderBytes = 28 }, out _).Status);
        Assert.Equal(ProxyParseError.TooLarge, ProxyHeaderParser.Parse(input.AsSpan(0, 16), new() { MaxHeaderBytes = 27 }, out _).Error);
        Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(GoldenHeaders.V1Tcp4, new() { MaxHeaderBytes = 45 }, out _).Status);
        Assert.Equal(ProxyParseError.TooLarge, ProxyHeaderParser.Parse(GoldenHeaders.V1Tcp4, new() { MaxHeaderBytes = 44 }, out _).Error);
        Assert.Equal(ProxyParseError.TooLarge, ProxyHeaderParser.Parse(GoldenHeaders.V1Tcp4, new() { MaxHeaderBytes = 0 }, out _).Error);
    }

    [Fact]
    public void Parse_LineWithoutEnd_IsInvalidAtByte107()
    {
        var line = Text("PROXY UNKNOWN " + new string('x', 200));

        Assert.Equal(ProxyParseStatus.NeedMore, ProxyHeaderParser.Parse(line.AsSpan(0, 106), ProxyParseOptions.Default, out _).Status);
        Assert.Equal(ProxyParseError.LineTooLong, ProxyHeaderParser.Parse(line.AsSpan(0, 107), ProxyParseOptions.Default, out _).Error);
    }

    [Theory]
    [InlineData("PROXY TCP4 01")]
    [InlineData("PROXY TCP4 256")]
    [InlineData("PROXY TCP4 1.2.3.4.")]
    [InlineData("PROXY TCP6 :1")]
    [InlineData("PROXY TCP6 12345")]
    [InlineData("PROXY TCP6 1::2::")]
    [InlineData("PROXY TCP6 1:2:3:4:5:6:7:8:")]
    [InlineData("PROXY TCP6 1:2:3:4:5:6:7::8")]
    [InlineData("PROXY TCP6 1:2:3:4:5:6:7:1.")]
    [InlineData("PROXY TCP6 ::1%")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 00")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 65536")]
    public void Parse_Undecided_BecomesInvalidAtTheByteThatDecides(string text)
    {
        var input = Text(text);

        Assert.Equal(ProxyParseStatus.NeedMore, ProxyHeaderParser.Parse(input.AsSpan(0, input.Length - 1), ProxyParseOptions.Default, out _).Status);
        Assert.Equal(ProxyParseStatus.Invalid, ProxyHeaderParser.Parse(input, ProxyParseOptions.Default, out _).Status);
    }

    [Fact]
    public void Parse_DeeplyNestedSsl_IsNotDescendedInto()
    {
        // Each level claims to be an SSL TLV inside the one before: only the outermost is looked into.
        var value = Array.Empty<byte>();
        for (var level = 0; level < 8000; level++)
        {
            var outer = new byte[3 + 5 + value.Length];
            ProxyTlvWriter.Write(outer, ProxyTlvType.Ssl, [1, 0, 0, 0, 0, .. value]);
            value = outer;
        }

        var source = ProxyEndPoint.FromIPv4(0x01020304, 5);
        var header = new byte[ProxyHeaderWriter.MaxV2Length];
        var length = ProxyHeaderWriter.WriteV2(header, ProxyCommand.Proxy, source, source, value, withChecksum: true);

        var result = ProxyHeaderParser.Parse(header.AsSpan(0, length), new() { MaxHeaderBytes = ProxyHeaderWriter.MaxV2Length }, out var parsed);
        Assert.Equal(ProxyParseStatus.Done, result.Status);
        Assert.Equal((length, true), (parsed.Length, parsed.HasChecksum));
    }

    [Fact]
    public void Describe_EveryClass_HasItsOwnWords()
    {
        var words = Enum.GetValues<ProxyParseError>().Select(ProxyParseErrors.Describe).ToList();

        Assert.Equal(words.Count, words.Distinct().Count());
        Assert.DoesNotContain("unknown error", words);
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);
}
