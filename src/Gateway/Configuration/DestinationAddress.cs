using System.Net;
using System.Text.RegularExpressions;

namespace Gateway.Configuration;

/// <summary>A TCP destination: <c>host:port</c>, <c>ip:port</c> or <c>[v6]:port</c>.</summary>
/// <param name="Host">Host name or address, without brackets.</param>
/// <param name="Ip">The address; null for a host name.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed partial record DestinationAddress(string Host, IPAddress? Ip, int Port)
{
    private const string Rule = "a destination is host:port, ip:port or [v6]:port";

    // RFC 1035: 253 characters. The pattern below also allows underscores, because names of services contain them.
    private const int MaxHostLength = 253;

    /// <summary>Reads a destination.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The destination.</param>
    /// <returns>Null if the text is valid, else the rule that the text breaks, with the cure.</returns>
    public static string? Read(string text, out DestinationAddress? address)
    {
        address = null;
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            return $"{Rule}, without a scheme: write \"{text[(scheme + 3)..].TrimEnd('/')}\""
                + (text.StartsWith("http", StringComparison.OrdinalIgnoreCase) ? " (HTTP destinations belong to ReverseProxy)" : "");
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            return Rule + "; the port is missing";
        }

        if (!ListenAddress.TryParsePort(text.AsSpan(colon + 1), out var port) || port == 0)
        {
            return Rule + "; the port is a number from 1 to 65535";
        }

        var host = text[..colon];
        if (StrictAddress.TryParseHost(host, out var ip))
        {
            address = new DestinationAddress(ip.ToString(), ip, port);
            return null;
        }

        if (IPAddress.TryParse(host.Trim('[', ']'), out var mapped) && mapped.IsIPv4MappedToIPv6)
        {
            return Rule + $"; write the IPv4 address: \"{mapped.MapToIPv4()}:{port}\"";
        }

        if (host.Contains(':') || host.Contains('['))
        {
            return Rule + "; an IPv6 address stands in brackets";
        }
        // A host whose last label has only digits is meant as an IPv4 address (RFC 3696), and the code above could not read the address.
        if (host.Length is 0 or > MaxHostLength || !HostName().IsMatch(host) || host.TrimEnd('.').Split('.')[^1].All(char.IsAsciiDigit))
        {
            return Rule + $"; \"{host}\" is neither an address nor a host name";
        }

        address = new DestinationAddress(host, null, port);
        return null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$")]
    private static partial Regex HostName();
}
