using System.Buffers;
using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Parses version 1 (section 2.1): <c>PROXY TCP4|TCP6|UNKNOWN source destination sourcePort destinationPort CRLF</c>, with single spaces,
/// at most 107 bytes.
/// </summary>
internal static class LineParser
{
    // The most digits in a group of an IPv6 address.
    private const int MostDigits = 4;

    private const byte Space = (byte)' ';
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private static ReadOnlySpan<byte> Tcp => "TCP"u8;

    private static ReadOnlySpan<byte> Unknown => "UNKNOWN"u8;

    /// <summary>Parses input that begins with <c>PROXY </c>.</summary>
    internal static ProxyParseResult Parse(ReadOnlySpan<byte> input, ProxyParseOptions options, out ProxyHeader header)
    {
        var limit = Math.Min(options.MaxHeaderBytes, ProxyHeaderWriter.MaxV1Length);
        var line = input[..Math.Min(input.Length, Math.Max(limit, ProxySignature.V1.Length))];
        var result = ParseLine(line, options.AllowMixedFamilies, out header);
        if (result.Status != ProxyParseStatus.NeedMore || input.Length < limit)
        {
            return result;
        }

        return ProxyParseResult.Invalid(limit == ProxyHeaderWriter.MaxV1Length ? ProxyParseError.LineTooLong : ProxyParseError.TooLarge);
    }

    private static ProxyParseResult ParseLine(ReadOnlySpan<byte> line, bool mixed, out ProxyHeader header)
    {
        header = default;
        var position = ProxySignature.V1.Length;
        var rest = line[position..];
        if (rest.StartsWith(Unknown))
        {
            return ParseUnknown(line, position + Unknown.Length, out header);
        }

        if (!rest.StartsWith(Tcp))
        {
            return Tcp.StartsWith(rest) || Unknown.StartsWith(rest)
                ? ProxyParseResult.NeedMore
                : ProxyParseResult.Invalid(ProxyParseError.LineProtocol);
        }

        position += Tcp.Length;
        if (position == line.Length)
        {
            return ProxyParseResult.NeedMore;
        }

        return line[position] switch
        {
            (byte)'4' => ParseFields(line, position + 1, ProxyAddressFamily.Inet, mixed, out header),
            (byte)'6' => ParseFields(line, position + 1, ProxyAddressFamily.Inet6, mixed, out header),
            _ => ProxyParseResult.Invalid(ProxyParseError.LineProtocol),
        };
    }

    // The receiver must ignore all bytes up to the CRLF, but a single CR or LF is an error there too.
    private static ProxyParseResult ParseUnknown(ReadOnlySpan<byte> line, int position, out ProxyHeader header)
    {
        header = default;
        if (position < line.Length && line[position] is not (Space or Cr or Lf))
        {
            return ProxyParseResult.Invalid(ProxyParseError.LineProtocol);
        }

        var end = line[position..].IndexOfAny(Cr, Lf);
        if (end < 0)
        {
            return ProxyParseResult.NeedMore;
        }

        var result = ReadLineEnd(line, position + end, ProxyParseError.LoneLineBreak);
        if (result.Status == ProxyParseStatus.Done)
        {
            header = LineHeader(ProxyCommand.Local, position + end + 2);
        }

        return result;
    }

    private static ProxyParseResult ParseFields(
        ReadOnlySpan<byte> line,
        int position,
        ProxyAddressFamily family,
        bool mixed,
        out ProxyHeader header)
    {
        header = default;
        Span<byte> source = stackalloc byte[16];
        Span<byte> destination = stackalloc byte[16];
        source.Clear();
        destination.Clear();
        var destinationFamily = family;
        ushort sourcePort = 0;
        ushort destinationPort = 0;

        var result = ReadSpace(line, ref position, ProxyParseError.LineProtocol);
        if (result.Status == ProxyParseStatus.Done)
        {
            result = ReadAddress(line, ref position, family, source, ProxyParseError.SourceAddress);
        }

        if (result.Status == ProxyParseStatus.Done)
        {
            destinationFamily = mixed ? FamilyOf(line[position..], family) : family;
            result = destinationFamily == ProxyAddressFamily.Unspecified ? ProxyParseResult.NeedMore
                : ReadAddress(line, ref position, destinationFamily, destination, ProxyParseError.DestinationAddress);
        }

        if (result.Status == ProxyParseStatus.Done)
        {
            result = ReadPort(line, ref position, out sourcePort, ProxyParseError.SourcePort);
        }

        if (result.Status == ProxyParseStatus.Done)
        {
            result = ReadSpace(line, ref position, ProxyParseError.SourcePort);
        }

        if (result.Status == ProxyParseStatus.Done)
        {
            result = ReadPort(line, ref position, out destinationPort, ProxyParseError.DestinationPort);
        }

        if (result.Status == ProxyParseStatus.Done)
        {
            result = ReadLineEnd(line, position, line[position] == Space ? ProxyParseError.TrailingData : ProxyParseError.DestinationPort);
        }

        if (result.Status == ProxyParseStatus.Done)
        {
            header = LineHeader(ProxyCommand.Proxy, position + 2) with
            {
                Family = family,
                Transport = ProxyTransport.Stream,
                Source = EndPoint(family, source, sourcePort),
                Destination = EndPoint(destinationFamily, destination, destinationPort),
                HasAddresses = true,
            };
        }

        return result;
    }

    // The first byte that is not a digit decides: a colon means IPv6, a dot means IPv4. Unspecified: this byte has not arrived yet. Any
    // other byte is an error in an address of the line's own family.
    private static ProxyAddressFamily FamilyOf(ReadOnlySpan<byte> rest, ProxyAddressFamily family)
    {
        var digits = rest.IndexOfAnyExcept(HexDigits);
        return digits < 0 && rest.Length <= MostDigits ? ProxyAddressFamily.Unspecified
            : digits < 0 ? family
            : rest[digits] switch
            {
                (byte)':' => ProxyAddressFamily.Inet6,
                (byte)'.' => ProxyAddressFamily.Inet,
                _ => family,
            };
    }

    private static ProxyParseResult ReadAddress(
        ReadOnlySpan<byte> line, ref int position, ProxyAddressFamily family, Span<byte> address, ProxyParseError error)
    {
        var start = position;
        TextRead status;
        if (family == ProxyAddressFamily.Inet6)
        {
            status = FieldReader.ReadIPv6(line, ref position, address);
        }
        else
        {
            status = FieldReader.ReadIPv4(line, ref position, out var bits);
            BinaryPrimitives.WriteUInt32BigEndian(address, bits);
        }

        return status switch
        {
            TextRead.Done => ReadSpace(line, ref position, error),
            TextRead.NeedMore => ProxyParseResult.NeedMore,
            _ => FieldError(line, start, position, error),
        };
    }

    private static ProxyParseResult ReadPort(ReadOnlySpan<byte> line, ref int position, out ushort port, ProxyParseError error)
    {
        var start = position;
        return FieldReader.ReadPort(line, ref position, out port) switch
        {
            TextRead.Done => ProxyParseResult.Done,
            TextRead.NeedMore => ProxyParseResult.NeedMore,
            _ => FieldError(line, start, position, error),
        };
    }

    private static ProxyParseResult ReadSpace(ReadOnlySpan<byte> line, ref int position, ProxyParseError error)
    {
        if (position == line.Length)
        {
            return ProxyParseResult.NeedMore;
        }

        if (line[position] != Space)
        {
            // The field before is complete, so a line end here means that the next field is missing.
            return FieldError(line, position, position, error);
        }

        position++;
        return ProxyParseResult.Done;
    }

    private static ProxyParseResult ReadLineEnd(ReadOnlySpan<byte> line, int position, ProxyParseError error) => line[position] switch
    {
        Cr when position + 1 == line.Length => ProxyParseResult.NeedMore,
        Cr when line[position + 1] == Lf => ProxyParseResult.Done,
        Cr or Lf => ProxyParseResult.Invalid(ProxyParseError.LoneLineBreak),
        _ => ProxyParseResult.Invalid(error),
    };

    private static ProxyParseResult FieldError(ReadOnlySpan<byte> line, int start, int position, ProxyParseError error) =>
        ProxyParseResult.Invalid(position < line.Length ? line[position] switch
        {
            Lf => ProxyParseError.LoneLineBreak,
            Cr when position == start => ProxyParseError.FieldMissing,
            _ => error,
        } : error);

    private static ProxyEndPoint EndPoint(ProxyAddressFamily family, ReadOnlySpan<byte> address, ushort port) =>
        family == ProxyAddressFamily.Inet6 ? ProxyEndPoint.FromIPv6(address, port)
        : ProxyEndPoint.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(address), port);

    private static ProxyHeader LineHeader(ProxyCommand command, int length) =>
        new() { Version = ProxyVersion.V1, Command = command, Length = length, TlvOffset = length };
}
