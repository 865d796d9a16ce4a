using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Configuration;

/// <summary>
/// Parses IP addresses strictly, in their usual form only, because <see cref="IPAddress.TryParse(string, out IPAddress)"/> also accepts 1,
/// 0x7f.1 and 010.0.0.1 (octal: 8.0.0.1).
/// </summary>
internal static class StrictAddress
{
    /// <summary>Reads an IPv4 address, or an IPv6 address in brackets.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    public static bool TryParseHost(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        if (text is ['[', .. var inner, ']'])
        {
            return TryParse(inner, out address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        }

        return TryParse(text, out address) && address.AddressFamily == AddressFamily.InterNetwork;
    }

    /// <summary>Reads an IPv4 or IPv6 address; no brackets, no zone, no IPv4-mapped address (write the IPv4 address).</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (text.ContainsAny('[', ']', '%') || !IPAddress.TryParse(text, out var parsed) || parsed.IsIPv4MappedToIPv6)
        {
            return false;
        }

        if (parsed.AddressFamily == AddressFamily.InterNetwork && !text.SequenceEqual(parsed.ToString()))
        {
            return false;
        }

        address = parsed;
        return true;
    }
}
