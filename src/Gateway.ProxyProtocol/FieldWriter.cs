using System.Buffers.Binary;
using System.Buffers.Text;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Writers for the fields of a version 1 line. IPv6 has its own writer, because the platform writes a dotted quad not only for v4-mapped
/// addresses (2001:db8:1:2:0:5efe:192.0.2.1). Two such addresses make a line of 108 bytes, which receivers refuse.
/// </summary>
internal static class FieldWriter
{
    /// <summary>Writes an address in the form of RFC 5952, v4-mapped as ::ffff:a.b.c.d; at most 39 bytes.</summary>
    internal static int WriteAddress(Span<byte> destination, ProxyEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes = bytes[..endPoint.WriteAddress(bytes)];
        if (endPoint.Family == ProxyAddressFamily.Inet)
        {
            return WriteQuad(destination, bytes);
        }

        if (!endPoint.IsIPv4Mapped)
        {
            return WriteGroups(destination, bytes);
        }

        var prefix = "::ffff:"u8;
        prefix.CopyTo(destination);
        return prefix.Length + WriteQuad(destination[prefix.Length..], bytes[12..]);
    }

    /// <summary>Writes a plain decimal number.</summary>
    internal static int WriteDecimal(Span<byte> destination, ushort value)
    {
        Utf8Formatter.TryFormat(value, destination, out var written);
        return written;
    }

    private static int WriteQuad(Span<byte> destination, ReadOnlySpan<byte> quad)
    {
        var length = 0;
        for (var index = 0; index < quad.Length; index++)
        {
            if (index > 0)
            {
                destination[length++] = (byte)'.';
            }

            length += WriteDecimal(destination[length..], quad[index]);
        }

        return length;
    }

    private static int WriteGroups(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        var (gap, gapEnd) = FindGap(bytes);
        var length = 0;
        for (var group = 0; group < 8; group++)
        {
            if (group == gap)
            {
                "::"u8.CopyTo(destination[length..]);
                length += 2;
                group = gapEnd - 1;
                continue;
            }

            if (group > 0 && group != gapEnd)
            {
                destination[length++] = (byte)':';
            }

            var value = BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * group)..]);
            Utf8Formatter.TryFormat(value, destination[length..], out var written, 'x');
            length += written;
        }

        return length;
    }

    // The longest run of two or more zero groups; the first run if several have the same length (RFC 5952, sections 4.2.2 and 4.2.3).
    private static (int Start, int End) FindGap(ReadOnlySpan<byte> bytes)
    {
        var (start, end) = (-1, -1);
        for (var group = 0; group < 8; group++)
        {
            var run = group;
            while (run < 8 && BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * run)..]) == 0)
            {
                run++;
            }

            if (run - group >= 2 && run - group > end - start)
            {
                (start, end) = (group, run);
            }

            group = Math.Max(group, run - 1);
        }

        return (start, end);
    }
}
