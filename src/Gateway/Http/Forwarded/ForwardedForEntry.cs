using System.Globalization;
using System.Net;
using Gateway.ProxyProtocol;

namespace Gateway.Http.Forwarded;

/// <summary>
/// Reads one entry of X-Forwarded-For: <c>192.0.2.1</c>, <c>192.0.2.1:4711</c>, <c>2001:db8::1</c>, <c>[2001:db8::1]</c> or
/// <c>[2001:db8::1]:4711</c>. IPAddress.Parse alone would also accept <c>1</c>, <c>0x7f.1</c> and <c>010.0.0.1</c> (octal), which give
/// addresses that the sender did not mean, and zones (<c>%eth0</c>). All of these are refused. So are unspecified, multicast and broadcast
/// addresses, because a client cannot have them.
/// </summary>
internal static class ForwardedForEntry
{
    /// <summary>The longest valid entry: 45 characters of IPv6 with an embedded IPv4 address, brackets, colon, five digits.</summary>
    private const int MaxLength = 53;

    /// <summary>The address in <paramref name="entry"/>, unmapped, without its port. Returns false if the entry is not valid.</summary>
    public static bool TryParse(ReadOnlySpan<char> entry, out IPAddress address) =>
        TryParseAny(entry, out address) && ProxyEndPoint.From(new IPEndPoint(address, 0)).CanBeSource;

    private static bool TryParseAny(ReadOnlySpan<char> entry, out IPAddress address)
    {
        address = IPAddress.None;
        if (entry.IsEmpty || entry.Length > MaxLength)
        {
            return false;
        }
        if (entry[0] == '[')
        {
            var close = entry.IndexOf(']');
            return close > 0 && IsPort(entry[(close + 1)..]) && TryParseV6(entry[1..close], out address);
        }
        var colon = entry.IndexOf(':');
        if (colon < 0)
        {
            return TryParseV4(entry, out address);
        }
        // One colon: an IPv4 address with a port. More colons: an IPv6 address without a port, because a port would need brackets.
        return entry[(colon + 1)..].Contains(':')
            ? TryParseV6(entry, out address)
            : IsPort(entry[colon..]) && TryParseV4(entry[..colon], out address);
    }

    /// <summary>Whether the text is empty, or a colon and a decimal port.</summary>
    private static bool IsPort(ReadOnlySpan<char> text) =>
        text.IsEmpty || (text[0] == ':' && ushort.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static bool TryParseV4(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        Span<byte> octets = stackalloc byte[4];
        for (var i = 0; i < 4; i++)
        {
            var dot = text.IndexOf('.');
            var isLast = i == 3;
            if (isLast != dot < 0)
            {
                return false;
            }
            var octet = isLast ? text : text[..dot];
            if (octet.IsEmpty
                || (octet.Length > 1 && octet[0] == '0')
                || !byte.TryParse(octet, NumberStyles.None, CultureInfo.InvariantCulture, out octets[i]))
            {
                return false;
            }
            text = isLast ? default : text[(dot + 1)..];
        }
        address = new IPAddress(octets);
        return true;
    }

    private static bool TryParseV6(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.IndexOfAnyExcept(V6Characters) >= 0 || !text.Contains(':') || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }
        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return true;
    }

    private static readonly System.Buffers.SearchValues<char> V6Characters = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF:.");
}
