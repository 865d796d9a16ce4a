using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class ChecksumTests
{
    [Fact]
    public void Compute_CheckString_IsTheCatalogueValue()
    {
        Assert.Equal(0xE3069283u, ProxyChecksum.Compute("123456789"u8));
        Assert.Equal(0u, ProxyChecksum.Compute([]));
    }

    [Fact]
    public void Compute_Rfc3720Vectors_Match()
    {
        Assert.Equal(0x8A9136AAu, ProxyChecksum.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, ProxyChecksum.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, ProxyChecksum.Compute(Enumerable.Range(0, 32).Select(static i => (byte)i).ToArray()));
    }

    [Fact]
    public void Compute_Field_CountsAsZero()
    {
        var header = GoldenHeaders.AwsNlbHealthCheck.ToArray();
        var before = ProxyChecksum.Compute(header, 19);
        header.AsSpan(19, 4).Clear();

        Assert.Equal(0xBCE5951Fu, before);
        Assert.Equal(before, ProxyChecksum.Compute(header));
        Assert.Equal(before, ProxyChecksum.Compute(header, 19));
    }

    [Fact]
    public void Parse_AnySingleBitFlipped_NeverPassesAsChecked()
    {
        byte[][] headers = [GoldenHeaders.V2AllTlvs, GoldenHeaders.AwsNlbHealthCheck];
        foreach (var golden in headers)
        {
            for (var bit = 0; bit < golden.Length * 8; bit++)
            {
                var flipped = golden.ToArray();
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));

                // Done is possible only where the flip hides the checksum itself (its type, or the area it lies in): then it does not count
                // as checked.
                var result = ProxyHeaderParser.Parse(flipped, ProxyParseOptions.Default, out var header);
                Assert.False(result.Status == ProxyParseStatus.Done && header.HasChecksum, $"bit {bit}: {header}");
            }
        }
    }

    [Fact]
    public void Parse_AnyBitOfTheAddressesFlipped_IsAMismatch()
    {
        for (var bit = 16 * 8; bit < 28 * 8; bit++)
        {
            var flipped = GoldenHeaders.V2AllTlvs.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.Equal(ProxyParseError.ChecksumMismatch, ProxyHeaderParser.Parse(flipped, ProxyParseOptions.Default, out _).Error);
        }
    }
}
