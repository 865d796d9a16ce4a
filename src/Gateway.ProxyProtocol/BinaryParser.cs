using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Parses version 2 (section 2.2): signature (12 bytes), version and command (1), family and transport (1), length (2, big endian). Then
/// follow exactly as many bytes as the length says: the addresses of the family, and TLVs.
/// </summary>
internal static class BinaryParser
{
    internal const int FixedLength = 16;
    internal const int LengthOffset = 14;
    internal const byte Version = 0x20;

    private const int CommandOffset = 12;
    private const int FamilyOffset = 13;
    private const int HighestFamily = (int)ProxyAddressFamily.Unix;
    private const int HighestTransport = (int)ProxyTransport.Datagram;

    /// <summary>The length of two addresses of a family, ports included, in bytes.</summary>
    internal static int AddressesLength(ProxyAddressFamily family) => family switch
    {
        ProxyAddressFamily.Inet => 12,
        ProxyAddressFamily.Inet6 => 36,
        ProxyAddressFamily.Unix => 216,
        _ => 0,
    };

    /// <summary>Parses input that begins with the signature.</summary>
    internal static ProxyParseResult Parse(ReadOnlySpan<byte> input, int maxHeaderBytes, out ProxyHeader header)
    {
        header = default;
        if (input.Length <= CommandOffset)
        {
            return ProxyParseResult.NeedMore;
        }

        if ((input[CommandOffset] & 0xF0) != Version)
        {
            return ProxyParseResult.Invalid(ProxyParseError.VersionUnknown);
        }

        var command = input[CommandOffset] & 0x0F;
        if (command > (int)ProxyCommand.Proxy)
        {
            return ProxyParseResult.Invalid(ProxyParseError.CommandUnknown);
        }

        if (input.Length <= FamilyOffset)
        {
            return ProxyParseResult.NeedMore;
        }

        var family = input[FamilyOffset] >> 4;
        var transport = input[FamilyOffset] & 0x0F;
        var isLocal = command == (int)ProxyCommand.Local;
        if (!isLocal && (family > HighestFamily || transport > HighestTransport))
        {
            // For LOCAL these checks are skipped, because LOCAL must be accepted with any family and transport.
            return ProxyParseResult.Invalid(family > HighestFamily ? ProxyParseError.FamilyUnknown : ProxyParseError.TransportUnknown);
        }

        if (input.Length < FixedLength)
        {
            return ProxyParseResult.NeedMore;
        }

        var length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(input[LengthOffset..]);
        if (length > maxHeaderBytes)
        {
            return ProxyParseResult.Invalid(ProxyParseError.TooLarge);
        }

        if (!isLocal && length < FixedLength + AddressesLength((ProxyAddressFamily)family))
        {
            return ProxyParseResult.Invalid(ProxyParseError.AddressesTooShort);
        }

        if (input.Length < length)
        {
            return ProxyParseResult.NeedMore;
        }

        if (isLocal)
        {
            return ParseIgnored(input[..length], ProxyCommand.Local, (ProxyAddressFamily)family, ProxyTransport.Unspecified, out header);
        }

        return family == (int)ProxyAddressFamily.Unspecified
            ? ParseIgnored(input[..length], ProxyCommand.Proxy, ProxyAddressFamily.Unspecified, (ProxyTransport)transport, out header)
            : ParseProxied(input[..length], (ProxyAddressFamily)family, (ProxyTransport)transport, out header);
    }

    private static ProxyParseResult ParseProxied(
        ReadOnlySpan<byte> whole, ProxyAddressFamily family, ProxyTransport transport, out ProxyHeader header)
    {
        header = default;
        var tlvOffset = FixedLength + AddressesLength(family);
        var error = TlvArea.Check(whole, tlvOffset, out var hasChecksum);
        if (error != ProxyParseError.None)
        {
            return ProxyParseResult.Invalid(error);
        }

        header = BinaryHeader(whole, ProxyCommand.Proxy, tlvOffset, hasChecksum) with { Family = family, Transport = transport };
        if (transport == ProxyTransport.Stream && family != ProxyAddressFamily.Unix)
        {
            var (source, destination) = ReadAddresses(whole[FixedLength..], family);
            header = header with { Source = source, Destination = destination, HasAddresses = true };
        }

        return ProxyParseResult.Done;
    }

    // The body of LOCAL and of UNSPEC must be skipped by its length, whatever its content. Some senders put TLVs there (AWS NLB's health
    // checks: a CRC32C and padding). The TLVs are right behind the fixed part, as HAProxy reads them, or behind the addresses of the
    // family, which is to be ignored. If the bytes at either place are well-formed TLVs, the header has these TLVs, and a checksum among
    // them must match. Otherwise the header has no TLVs.
    private static ProxyParseResult ParseIgnored(
        ReadOnlySpan<byte> whole, ProxyCommand command, ProxyAddressFamily family, ProxyTransport transport, out ProxyHeader header)
    {
        header = default;
        var tlvOffset = FixedLength;
        var error = TlvArea.Check(whole, tlvOffset, out var hasChecksum);
        var afterAddresses = FixedLength + AddressesLength(family);
        var isFramed = error is ProxyParseError.None or ProxyParseError.ChecksumMismatch;
        if (!isFramed && afterAddresses > tlvOffset && afterAddresses <= whole.Length)
        {
            tlvOffset = afterAddresses;
            error = TlvArea.Check(whole, tlvOffset, out hasChecksum);
        }

        if (error == ProxyParseError.ChecksumMismatch)
        {
            return ProxyParseResult.Invalid(error);
        }

        tlvOffset = error == ProxyParseError.None ? tlvOffset : whole.Length;
        header = BinaryHeader(whole, command, tlvOffset, hasChecksum) with { Transport = transport };
        return ProxyParseResult.Done;
    }

    private static (ProxyEndPoint Source, ProxyEndPoint Destination) ReadAddresses(ReadOnlySpan<byte> body, ProxyAddressFamily family)
    {
        if (family == ProxyAddressFamily.Inet)
        {
            return (
                ProxyEndPoint.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(body), BinaryPrimitives.ReadUInt16BigEndian(body[8..])),
                ProxyEndPoint.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(body[4..]), BinaryPrimitives.ReadUInt16BigEndian(body[10..])));
        }

        return (
            ProxyEndPoint.FromIPv6(body[..16], BinaryPrimitives.ReadUInt16BigEndian(body[32..])),
            ProxyEndPoint.FromIPv6(body[16..32], BinaryPrimitives.ReadUInt16BigEndian(body[34..])));
    }

    private static ProxyHeader BinaryHeader(ReadOnlySpan<byte> whole, ProxyCommand command, int tlvOffset, bool hasChecksum) => new()
    {
        Version = ProxyVersion.V2,
        Command = command,
        Length = whole.Length,
        TlvOffset = tlvOffset,
        TlvLength = whole.Length - tlvOffset,
        HasChecksum = hasChecksum,
    };
}
