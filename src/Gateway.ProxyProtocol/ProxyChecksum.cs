using System.Buffers.Binary;
using System.Numerics;

namespace Gateway.ProxyProtocol;

/// <summary>
/// CRC32C (Castagnoli, RFC 3720 appendix B.4) of a header. The four bytes of the checksum itself count as zero. The check value of
/// "123456789" is E3069283.
/// </summary>
internal static class ProxyChecksum
{
    internal const int Length = 4;

    /// <summary>The checksum of a header with a CRC32C field at <paramref name="fieldOffset"/>, whose content is ignored.</summary>
    internal static uint Compute(ReadOnlySpan<byte> header, int fieldOffset)
    {
        var crc = Append(uint.MaxValue, header[..fieldOffset]);
        crc = BitOperations.Crc32C(crc, 0u);
        return ~Append(crc, header[(fieldOffset + Length)..]);
    }

    internal static uint Compute(ReadOnlySpan<byte> data) => ~Append(uint.MaxValue, data);

    // One hardware instruction per 8 bytes. The fallback of BitOperations gives the same result more slowly.
    private static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (var octet in data)
        {
            crc = BitOperations.Crc32C(crc, octet);
        }

        return crc;
    }
}
