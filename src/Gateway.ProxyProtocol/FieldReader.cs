using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Readers for the fields of a version 1 line. The platform's parsers are not used, because they are too lenient for a security decision:
/// IPAddress.TryParse takes 1, 1.2.3, 0x7f.0.0.1, 010.0.0.1 (as octal: 8.0.0.1), ::1%eth0 and [::1]:80; ushort.TryParse takes 080. The
/// result would not be the address that the sender wrote. Each reader stops at the first byte that cannot belong to the field, and leaves
/// the position at this byte.
/// </summary>
internal static class FieldReader
{
    /// <summary>Reads four decimal octets, none with a leading zero.</summary>
    internal static TextRead ReadIPv4(ReadOnlySpan<byte> input, ref int position, out uint address)
    {
        address = 0;
        for (var octet = 0; octet < 4; octet++)
        {
            if (octet > 0)
            {
                if (input[position] != (byte)'.')
                {
                    return TextRead.Invalid;
                }

                position++;
            }

            var status = ReadDecimal(input, ref position, byte.MaxValue, out var value);
            if (status != TextRead.Done)
            {
                return status;
            }

            address = (address << 8) | value;
        }

        return TextRead.Done;
    }

    /// <summary>Reads a port from 0 to 65535, without leading zeros or a sign.</summary>
    internal static TextRead ReadPort(ReadOnlySpan<byte> input, ref int position, out ushort port)
    {
        var status = ReadDecimal(input, ref position, ushort.MaxValue, out var value);
        port = (ushort)value;
        return status;
    }

    /// <summary>
    /// Reads an IPv6 address (RFC 4291, section 2.2): groups of one to four hexadecimal digits, at most one <c>::</c> (which stands for at
    /// least one group), and optionally a dotted quad for the last two groups. No zone, no brackets.
    /// </summary>
    /// <param name="input">The line.</param>
    /// <param name="position">The start of the address; afterwards, the first byte behind it.</param>
    /// <param name="address">Receives 16 bytes in network order; must be zeroed.</param>
    internal static TextRead ReadIPv6(ReadOnlySpan<byte> input, ref int position, Span<byte> address)
    {
        var count = 0;
        var gap = -1;
        var afterGap = false;
        if (position < input.Length && input[position] == (byte)':')
        {
            // A leading colon is only legal as the first half of "::".
            if (++position < input.Length && input[position] != (byte)':')
            {
                return TextRead.Invalid;
            }

            position++;
            (gap, afterGap) = (0, true);
        }

        while (true)
        {
            if (position >= input.Length)
            {
                return TextRead.NeedMore;
            }

            if (!char.IsAsciiHexDigit((char)input[position]))
            {
                return afterGap ? Finish(address, count, gap) : TextRead.Invalid;
            }

            if (count == (gap >= 0 ? 7 : 8))
            {
                return TextRead.Invalid;
            }

            var start = position;
            var status = ReadGroup(input, ref position, out var group);
            if (status != TextRead.Done)
            {
                return status;
            }

            if (input[position] == (byte)'.')
            {
                return ReadQuadTail(input, ref position, start, address, count, gap);
            }

            BinaryPrimitives.WriteUInt16BigEndian(address[(2 * count)..], group);
            count++;
            afterGap = false;
            if (input[position] != (byte)':')
            {
                return Finish(address, count, gap);
            }

            if (++position < input.Length && input[position] == (byte)':')
            {
                if (gap >= 0 || count == 8)
                {
                    return TextRead.Invalid;
                }

                position++;
                (gap, afterGap) = (count, true);
            }
            else if (count == 8)
            {
                return TextRead.Invalid;
            }
        }
    }

    private static TextRead ReadQuadTail(ReadOnlySpan<byte> input, ref int position, int start, Span<byte> address, int count, int gap)
    {
        // The quad takes two groups, so there must be exactly six groups before it, or a gap with room for at least one group.
        if (gap < 0 ? count != 6 : count > 5)
        {
            return TextRead.Invalid;
        }

        position = start;
        var status = ReadIPv4(input, ref position, out var quad);
        if (status != TextRead.Done)
        {
            return status;
        }

        BinaryPrimitives.WriteUInt32BigEndian(address[(2 * count)..], quad);
        return Finish(address, count + 2, gap);
    }

    // Moves the groups behind the gap to the end of the address.
    private static TextRead Finish(Span<byte> address, int count, int gap)
    {
        if (gap < 0)
        {
            return count == 8 ? TextRead.Done : TextRead.Invalid;
        }

        var tail = address[(2 * gap)..(2 * count)];
        var moved = address[(16 - tail.Length)..];
        tail.CopyTo(moved);
        address[(2 * gap)..(16 - tail.Length)].Clear();
        return TextRead.Done;
    }

    private static TextRead ReadGroup(ReadOnlySpan<byte> input, ref int position, out ushort group)
    {
        var value = 0;
        var digits = 0;
        group = 0;
        while (position < input.Length && char.IsAsciiHexDigit((char)input[position]))
        {
            if (++digits > 4)
            {
                return TextRead.Invalid;
            }

            var digit = input[position++] | 0x20;
            value = (value << 4) | (digit <= '9' ? digit - '0' : digit - 'a' + 10);
        }

        group = (ushort)value;
        return position < input.Length ? TextRead.Done : TextRead.NeedMore;
    }

    private static TextRead ReadDecimal(ReadOnlySpan<byte> input, ref int position, uint max, out uint value)
    {
        value = 0;
        var start = position;
        for (; position < input.Length && char.IsAsciiDigit((char)input[position]); position++)
        {
            var next = (value * 10) + (uint)(input[position] - '0');
            if (next > max || (value == 0 && position > start))
            {
                return TextRead.Invalid;
            }

            value = next;
        }

        if (position >= input.Length)
        {
            return TextRead.NeedMore;
        }

        return position > start ? TextRead.Done : TextRead.Invalid;
    }
}
