using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>Checks the TLVs of a whole header: framing, the rules of known types, and the checksum.</summary>
internal static class TlvArea
{
    private const int MaxUniqueIdLength = 128;

    /// <summary>Checks the area from <paramref name="offset"/> to the end of the header.</summary>
    /// <param name="header">The whole header, because the checksum covers all of it.</param>
    /// <param name="offset">The offset at which the area begins.</param>
    /// <param name="hasChecksum">Whether there is a CRC32C TLV and it matches; false with any error.</param>
    internal static ProxyParseError Check(ReadOnlySpan<byte> header, int offset, out bool hasChecksum)
    {
        hasChecksum = false;
        var checksumOffset = -1;
        var reader = new ProxyTlvReader(header[offset..]);
        while (reader.MoveNext())
        {
            var value = reader.Current.Value;
            switch (reader.Current.Type)
            {
                case ProxyTlvType.Crc32c when value.Length != ProxyChecksum.Length:
                    return ProxyParseError.ChecksumLength;
                case ProxyTlvType.Crc32c when checksumOffset >= 0:
                    return ProxyParseError.ChecksumRepeated;
                case ProxyTlvType.Crc32c:
                    checksumOffset = offset + reader.ValueOffset;
                    break;
                case ProxyTlvType.UniqueId when value.Length > MaxUniqueIdLength:
                    return ProxyParseError.UniqueIdTooLong;
                case ProxyTlvType.Ssl when !ProxySslTlv.TryParse(value, out _):
                    return ProxyParseError.SslTlvMalformed;
            }
        }

        if (reader.IsMalformed)
        {
            return ProxyParseError.TlvMalformed;
        }

        if (checksumOffset >= 0
            && BinaryPrimitives.ReadUInt32BigEndian(header[checksumOffset..]) != ProxyChecksum.Compute(header, checksumOffset))
        {
            return ProxyParseError.ChecksumMismatch;
        }

        hasChecksum = checksumOffset >= 0;
        return ProxyParseError.None;
    }
}
