using System.Net;
using System.Text;
using CsCheck;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class PropertyTests
{
    private static readonly ProxyParseOptions Longest = new() { MaxHeaderBytes = ProxyHeaderWriter.MaxV2Length };

    private static readonly Gen<ProxyEndPoint> EndPoint4 = Gen.Select(Gen.UInt, Gen.UShort, ProxyEndPoint.FromIPv4);

    // Zero groups are made likely: they are where IPv6 text is hard.
    private static readonly Gen<ProxyEndPoint> EndPoint6 = Gen.Select(
        Gen.OneOf(Gen.Const((ushort)0), Gen.UShort[0, 0xF], Gen.UShort).Array[8],
        Gen.UShort,
        static (groups, port) => ProxyEndPoint.FromIPv6([.. groups.SelectMany(static g => new[] { (byte)(g >> 8), (byte)g })], port));

    private static readonly Gen<ProxyEndPoint> AnyEndPoint = Gen.OneOf(EndPoint4, EndPoint6, EndPoint4.Select(static e => e.MapToIPv6()));

    private static readonly Gen<byte[]> SubTlv = Gen.Select(Gen.Byte, Gen.Byte.Array[0, 20], Tlv);

    private static readonly Gen<byte[]> OneTlv = Gen.OneOf(
        Gen.Select(Gen.Byte.Where(static type => type is not (0x03 or 0x05 or 0x20)), Gen.Byte.Array[0, 300], Tlv),
        Gen.Byte.Array[0, 128].Select(static value => Tlv(0x05, value)),
        Gen.Select(Gen.Byte.Array[5], SubTlv.Array[0, 8], static (fixedPart, subs) =>
            Tlv(0x20, [.. fixedPart, .. subs.SelectMany(static s => s)])));

    private static readonly Gen<byte[]> Tlvs = OneTlv.Array[0, 8].Select(static tlvs => tlvs.SelectMany(static tlv => tlv).ToArray());

    [Fact]
    public void V1_Written_ParsesBack()
    {
        Gen.Select(AnyEndPoint, AnyEndPoint, Gen.Byte.Array[0, 40]).Sample((source, destination, payload) =>
        {
            var line = new byte[ProxyHeaderWriter.MaxV1Length];
            var length = ProxyHeaderWriter.WriteV1(line, source, destination);
            byte[] input = [.. line[..length], .. payload];

            var result = ProxyHeaderParser.Parse(input, ProxyParseOptions.Default, out var header);
            Assert.Equal(ProxyParseStatus.Done, result.Status);
            Assert.Equal((length, true), (header.Length, header.HasAddresses));
            AssertEndPoints(header, source, destination);
        });
    }

    [Fact]
    public void V2_Written_ParsesBackInAnySegments()
    {
        Gen.Select(AnyEndPoint, AnyEndPoint, Tlvs, Gen.Bool, Gen.Bool, Gen.Byte.Array[0, 40], Gen.Int[0, 1 << 20].Array[0, 5])
            .Sample((source, destination, tlvs, isLocal, withChecksum, payload, cuts) =>
            {
                var command = isLocal ? ProxyCommand.Local : ProxyCommand.Proxy;
                var bytes = new byte[ProxyHeaderWriter.MaxV2Length];
                var length = ProxyHeaderWriter.WriteV2(bytes, command, source, destination, tlvs, withChecksum, out var skipped);
                byte[] input = [.. bytes[..length], .. payload];

                var result = ProxyHeaderParser.Parse(input, Longest, out var header);
                Assert.Equal((ProxyParseStatus.Done, 0), (result.Status, skipped));
                Assert.Equal((command, length), (header.Command, header.Length));
                Assert.Equal((withChecksum, !isLocal), (header.HasChecksum, header.HasAddresses));
                var areaLength = tlvs.Length + (withChecksum ? 7 : 0);
                Assert.Equal(areaLength, header.TlvLength);
                Assert.Equal(tlvs, input[header.TlvOffset..(header.TlvOffset + tlvs.Length)]);
                if (!isLocal)
                {
                    AssertEndPoints(header, source, destination);
                }

                var offsets = cuts.Select(cut => cut % (input.Length + 1)).Order().ToArray();
                ProxyHeaderParser.Parse(Segments.Cut(input, offsets), Longest, out var segmented);
                Assert.Equal(header, segmented);
            });
    }

    [Fact]
    public void V2_ChecksummedWithOneBitFlipped_NeverPassesAsChecked()
    {
        Gen.Select(EndPoint4, EndPoint4, Tlvs, Gen.Int[0, 1 << 24]).Sample((source, destination, tlvs, flip) =>
        {
            var bytes = new byte[ProxyHeaderWriter.MaxV2Length];
            var length = ProxyHeaderWriter.WriteV2(bytes, ProxyCommand.Proxy, source, destination, tlvs, true);
            var bit = flip % (length * 8);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));

            var result = ProxyHeaderParser.Parse(bytes.AsSpan(0, length), Longest, out var header);
            Assert.False(result.Status == ProxyParseStatus.Done && header.HasChecksum, $"bit {bit}");
        });
    }

    [Fact]
    public void Parse_RandomBytes_HasAnOutcomeThatMoreBytesDoNotChange()
    {
        var v1 = Gen.Char["PROXYTCP46UNKW 0123456789abcdef:.\r\n"].Array[0, 130].Select(static text =>
            (byte[])[.. "PROXY "u8, .. text.Select(static c => (byte)c)]);
        var v2 = Gen.Select(Gen.Byte[0x1F, 0x23], Gen.Byte[0, 0x45], Gen.UShort[0, 80], Gen.Byte.Array[0, 100], static (command, family, length, body)
            => (byte[])[.. GoldenHeaders.V2Inet[..12], command, family, (byte)(length >> 8), (byte)length, .. body]);
        Gen.OneOf(Gen.Byte.Array[0, 200], v1, v2, Mutated()).Sample(AssertConsistent, iter: 20_000);
    }

    [Fact]
    public void IPv6Text_Any_IsNeverMoreThanThePlatformTakes()
    {
        Gen.Char["0123456789abF:::.."].Array[1, 24].Sample(chars =>
        {
            var text = new string(chars);
            var position = 0;
            var address = new byte[16];
            var input = Encoding.ASCII.GetBytes(text + " ");
            if (FieldReader.ReadIPv6(input, ref position, address) == TextRead.Done && position == text.Length)
            {
                Assert.Equal(IPAddress.Parse(text).GetAddressBytes(), address);
            }
        }, iter: 100_000);
    }

    [Fact]
    public void IPv6Text_Written_IsWhatThePlatformReads()
    {
        EndPoint6.Sample(endPoint =>
        {
            var text = new byte[64];
            var length = FieldWriter.WriteAddress(text, endPoint);

            Assert.InRange(length, 2, 39);
            Assert.Equal(endPoint.ToIPAddress(), IPAddress.Parse(Encoding.ASCII.GetString(text, 0, length)));
        });
    }

    private static Gen<byte[]> Mutated() =>
        Gen.Select(Gen.Int[0, GoldenHeaders.All.Count - 1], Gen.Int[0, 1 << 20], Gen.Byte, static (index, at, value) =>
        {
            var mutated = GoldenHeaders.All.Values.ElementAt(index).ToArray();
            mutated[at % mutated.Length] = value;
            return mutated;
        });

    private static void AssertConsistent(byte[] input)
    {
        var result = ProxyHeaderParser.Parse(input, Longest, out var header);
        Assert.Equal(result.Status == ProxyParseStatus.Invalid, result.Error != ProxyParseError.None);
        if (result.Status == ProxyParseStatus.Done)
        {
            Assert.InRange(header.Length, 15, input.Length);
            Assert.Equal(header.Length, header.TlvOffset + header.TlvLength);
        }
        else
        {
            Assert.Equal(default, header);
        }

        Assert.Equal(result, ProxyHeaderParser.Parse(Segments.ByteByByte(input), Longest, out var segmented));
        Assert.Equal(header, segmented);

        // What is decided stays so: each shorter input needs more, or has come to the same end already.
        for (var length = 0; length < input.Length; length++)
        {
            var earlier = ProxyHeaderParser.Parse(input.AsSpan(0, length), Longest, out var earlierHeader);
            if (earlier.Status != ProxyParseStatus.NeedMore)
            {
                Assert.Equal((result, header), (earlier, earlierHeader));
            }
        }
    }

    private static void AssertEndPoints(ProxyHeader header, ProxyEndPoint source, ProxyEndPoint destination)
    {
        var isMixed = source.Family != destination.Family;
        Assert.Equal(isMixed ? source.MapToIPv6() : source, header.Source);
        Assert.Equal(isMixed ? destination.MapToIPv6() : destination, header.Destination);
    }

    private static byte[] Tlv(byte type, byte[] value)
    {
        var tlv = new byte[ProxyTlv.PrefixLength + value.Length];
        ProxyTlvWriter.Write(tlv, (ProxyTlvType)type, value);
        return tlv;
    }
}
