using System.Buffers;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class SegmentationTests
{
    private static readonly byte[] Payload = [.. "PROXY \r\n\0payload"u8];

    public static TheoryData<string> Names() => GoldenHeaders.Names();

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_EveryTruncation_NeedsMore(string name)
    {
        var bytes = GoldenHeaders.All[name];
        for (var length = 0; length < bytes.Length; length++)
        {
            var result = ProxyHeaderParser.Parse(bytes.AsSpan(0, length), ProxyParseOptions.Default, out var header);

            Assert.True(result.Status == ProxyParseStatus.NeedMore, $"{length} of {bytes.Length} bytes: {result}");
            Assert.Equal(default, header);
            var segmented = Segments.ByteByByte(bytes[..length]);
            Assert.Equal(result, ProxyHeaderParser.Parse(segmented, ProxyParseOptions.Default, out _));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_EverySplitInTwo_GivesTheSame(string name)
    {
        var bytes = GoldenHeaders.All[name];
        byte[] input = [.. bytes, .. Payload];
        var expected = Expected(bytes);
        for (var cut = 0; cut <= input.Length; cut++)
        {
            Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(Segments.Cut(input, cut), ProxyParseOptions.Default, out var header).Status);
            Assert.Equal(expected, header);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_ByteByByteAndWithEmptySegments_GivesTheSame(string name)
    {
        var bytes = GoldenHeaders.All[name];
        byte[] input = [.. bytes, .. Payload];
        ReadOnlySequence<byte>[] shapes =
        [
            Segments.ByteByByte(bytes),
            Segments.ByteByByte(input),
            Segments.Cut(input, 0, 0, 1, 1, bytes.Length, bytes.Length),
            Segments.Cut(input, bytes.Length / 3, 2 * bytes.Length / 3),
        ];
        foreach (var shape in shapes)
        {
            Assert.Equal(ProxyParseStatus.Done, ProxyHeaderParser.Parse(shape, ProxyParseOptions.Default, out var header).Status);
            Assert.Equal(Expected(bytes), header);
        }
    }

    [Fact]
    public void Parse_LongHeaderInSegments_NeedsMoreUntilItsLastByte()
    {
        var tlvs = new byte[3 + 3000];
        ProxyTlvWriter.Write(tlvs, ProxyTlvType.Noop, new byte[3000]);
        var bytes = new byte[ProxyHeaderWriter.MaxV2Length];
        var source = ProxyEndPoint.FromIPv4(0x01020304, 5);
        bytes = bytes[..ProxyHeaderWriter.WriteV2(bytes, ProxyCommand.Proxy, source, source, tlvs, withChecksum: true)];

        for (var length = 250; length < bytes.Length; length += 7)
        {
            var part = Segments.Cut(bytes[..length], 100, 200);
            Assert.Equal(ProxyParseStatus.NeedMore, ProxyHeaderParser.Parse(part, ProxyParseOptions.Default, out _).Status);
        }

        byte[] input = [.. bytes, .. Payload];
        var done = ProxyHeaderParser.Parse(Segments.Cut(input, 10, 1000, 2000), ProxyParseOptions.Default, out var header);
        Assert.Equal(ProxyParseStatus.Done, done.Status);
        Assert.Equal((bytes.Length, true), (header.Length, header.HasChecksum));
    }

    private static ProxyHeader Expected(byte[] bytes)
    {
        ProxyHeaderParser.Parse(bytes, ProxyParseOptions.Default, out var header);
        Assert.Equal(bytes.Length, header.Length);
        return header;
    }
}
