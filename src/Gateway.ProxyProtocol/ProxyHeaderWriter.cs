using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Writes headers of both versions into memory of the caller. The only exception is for a destination that is too short, which is a bug of
/// the caller.
/// </summary>
public static class ProxyHeaderWriter
{
    /// <summary>The longest version 1 line that the specification allows, CRLF included, in bytes.</summary>
    public const int MaxV1Length = 107;

    /// <summary>The longest version 2 header, in bytes: its length field has 16 bits.</summary>
    public const int MaxV2Length = BinaryParser.FixedLength + ushort.MaxValue;

    /// <summary>The length of a version 2 header with IPv6 addresses and no TLVs, in bytes.</summary>
    public const int MinV2Length = BinaryParser.FixedLength + 36;

    private const int ChecksumTlvLength = ProxyTlv.PrefixLength + ProxyChecksum.Length;

    private static ReadOnlySpan<byte> UnknownLine => "PROXY UNKNOWN\r\n"u8;

    /// <summary>Writes a version 1 line. Health checks write it too, with the endpoints of their socket instead of UNKNOWN.</summary>
    /// <param name="destination">At least <see cref="MaxV1Length"/> bytes.</param>
    /// <param name="source">The client.</param>
    /// <param name="destinationEndPoint">
    /// The endpoint that the client connected to. Mixed families are written as TCP6, with IPv4 as ::ffff:a.b.c.d.
    /// </param>
    /// <returns>The bytes written. If an endpoint has no address, the line is UNKNOWN.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int WriteV1(Span<byte> destination, ProxyEndPoint source, ProxyEndPoint destinationEndPoint)
    {
        var family = CommonFamily(ref source, ref destinationEndPoint);
        if (family == ProxyAddressFamily.Unspecified)
        {
            return WriteV1Unknown(destination);
        }

        Require(destination, MaxV1Length);
        var line = family == ProxyAddressFamily.Inet ? "PROXY TCP4 "u8 : "PROXY TCP6 "u8;
        line.CopyTo(destination);
        var length = line.Length;
        length += FieldWriter.WriteAddress(destination[length..], source);
        destination[length++] = (byte)' ';
        length += FieldWriter.WriteAddress(destination[length..], destinationEndPoint);
        destination[length++] = (byte)' ';
        length += FieldWriter.WriteDecimal(destination[length..], source.Port);
        destination[length++] = (byte)' ';
        length += FieldWriter.WriteDecimal(destination[length..], destinationEndPoint.Port);
        "\r\n"u8.CopyTo(destination[length..]);
        return length + 2;
    }

    /// <summary>Writes <c>PROXY UNKNOWN</c>.</summary>
    /// <param name="destination">At least 15 bytes.</param>
    /// <returns>The bytes written: 15.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int WriteV1Unknown(Span<byte> destination)
    {
        Require(destination, UnknownLine.Length);
        UnknownLine.CopyTo(destination);
        return UnknownLine.Length;
    }

    /// <summary>
    /// The room that a version 2 header needs, in bytes. Never more than <see cref="MaxV2Length"/>, because TLVs that do not fit are left
    /// out.
    /// </summary>
    /// <param name="family">Inet, Inet6, or Unspecified (LOCAL, or no addresses). Mixed families are Inet6.</param>
    /// <param name="tlvLength">The length of the TLV area.</param>
    /// <param name="withChecksum">Whether a CRC32C TLV is appended.</param>
    public static int GetV2Length(ProxyAddressFamily family, int tlvLength, bool withChecksum)
    {
        var withoutTlvs = BinaryParser.FixedLength + BinaryParser.AddressesLength(family) + (withChecksum ? ChecksumTlvLength : 0);
        return (int)Math.Min((long)withoutTlvs + tlvLength, MaxV2Length);
    }

    /// <summary>Writes a version 2 header; see the overload that counts TLVs that were left out.</summary>
    /// <inheritdoc cref="WriteV2(Span{byte}, ProxyCommand, ProxyEndPoint, ProxyEndPoint, ReadOnlySpan{byte}, bool, out int)"/>
    public static int WriteV2(
        Span<byte> destination,
        ProxyCommand command,
        ProxyEndPoint source,
        ProxyEndPoint destinationEndPoint,
        ReadOnlySpan<byte> tlvs,
        bool withChecksum) =>
        WriteV2(destination, command, source, destinationEndPoint, tlvs, withChecksum, out _);

    /// <summary>Writes a version 2 header: fixed part, addresses, TLVs, and the checksum last.</summary>
    /// <param name="destination">At least <see cref="GetV2Length"/> bytes for these arguments.</param>
    /// <param name="command">LOCAL writes no addresses.</param>
    /// <param name="source">The client.</param>
    /// <param name="destinationEndPoint">The endpoint that the client connected to. Mixed families are written as IPv6, with IPv4 as
    /// v4-mapped. If an endpoint has no address, the family is UNSPEC.</param>
    /// <param name="tlvs">The TLVs, in order and byte for byte. A CRC32C TLV among them is left out, because it was made for another
    /// header.</param>
    /// <param name="withChecksum">Whether to append a CRC32C TLV.</param>
    /// <param name="skippedTlvs">The number of TLVs that were left out, because the header would be longer than 65535 bytes, or because the
    /// area is malformed from there on.</param>
    /// <returns>The bytes written; less than <see cref="GetV2Length"/> if TLVs were left out.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int WriteV2(
        Span<byte> destination,
        ProxyCommand command,
        ProxyEndPoint source,
        ProxyEndPoint destinationEndPoint,
        ReadOnlySpan<byte> tlvs,
        bool withChecksum,
        out int skippedTlvs)
    {
        var family = command == ProxyCommand.Proxy ? CommonFamily(ref source, ref destinationEndPoint) : ProxyAddressFamily.Unspecified;
        Require(destination, GetV2Length(family, tlvs.Length, withChecksum));
        ProxySignature.V2.CopyTo(destination);
        var length = ProxySignature.V2.Length;
        destination[length++] = (byte)(BinaryParser.Version | (byte)command);
        var transport = family == ProxyAddressFamily.Unspecified ? ProxyTransport.Unspecified : ProxyTransport.Stream;
        destination[length++] = (byte)(((byte)family << 4) | (byte)transport);
        length = BinaryParser.FixedLength;
        if (family != ProxyAddressFamily.Unspecified)
        {
            length += source.WriteAddress(destination[length..]);
            length += destinationEndPoint.WriteAddress(destination[length..]);
            BinaryPrimitives.WriteUInt16BigEndian(destination[length..], source.Port);
            BinaryPrimitives.WriteUInt16BigEndian(destination[(length + 2)..], destinationEndPoint.Port);
            length += 4;
        }

        length += WriteTlvs(destination[length..], MaxV2Length - length - (withChecksum ? ChecksumTlvLength : 0), tlvs, out skippedTlvs);
        var end = length + (withChecksum ? ChecksumTlvLength : 0);
        BinaryPrimitives.WriteUInt16BigEndian(destination[BinaryParser.LengthOffset..], (ushort)(end - BinaryParser.FixedLength));
        if (withChecksum)
        {
            ProxyTlvWriter.Write(destination[length..], ProxyTlvType.Crc32c, [0, 0, 0, 0]);
            var field = length + ProxyTlv.PrefixLength;
            BinaryPrimitives.WriteUInt32BigEndian(destination[field..], ProxyChecksum.Compute(destination[..end], field));
        }

        return end;
    }

    private static int WriteTlvs(Span<byte> destination, int room, ReadOnlySpan<byte> tlvs, out int skipped)
    {
        skipped = 0;
        var length = 0;
        var reader = new ProxyTlvReader(tlvs);
        while (reader.MoveNext())
        {
            var tlv = reader.Current;
            if (tlv.Type == ProxyTlvType.Crc32c)
            {
                continue;
            }

            if (length + ProxyTlv.PrefixLength + tlv.Value.Length > room)
            {
                skipped++;
                continue;
            }

            length += ProxyTlvWriter.Write(destination[length..], tlv.Type, tlv.Value);
        }

        skipped += reader.IsMalformed ? 1 : 0;
        return length;
    }

    private static ProxyAddressFamily CommonFamily(ref ProxyEndPoint source, ref ProxyEndPoint destination)
    {
        if (source.AddressLength == 0 || destination.AddressLength == 0)
        {
            return ProxyAddressFamily.Unspecified;
        }

        if (source.Family != destination.Family)
        {
            (source, destination) = (source.MapToIPv6(), destination.MapToIPv6());
        }

        return source.Family;
    }

    private static void Require(Span<byte> destination, int length)
    {
        if (destination.Length < length)
        {
            throw new ArgumentException("The destination is shorter than the header.", nameof(destination));
        }
    }
}
