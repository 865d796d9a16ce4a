using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Configuration;

/// <summary>Parses CIDRs strictly, because <see cref="IPNetwork.Parse(string)"/> silently turns 10.1.0.0/8 into 10.0.0.0/8.</summary>
internal static class Cidr
{
    /// <summary>Reads a CIDR.</summary>
    /// <param name="text">The text, as 10.0.0.0/8 or 2001:db8::/32.</param>
    /// <param name="network">The network.</param>
    /// <returns>Null if the text is valid, else the rule that the text breaks, with the cure.</returns>
    public static string? Read(string text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/');
        var hasAddress = StrictAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address);
        if (slash < 0)
        {
            return hasAddress
                ? $"not a CIDR; for this one address write \"{text}/{Bits(address!)}\""
                : "neither a CIDR (10.0.0.0/8) nor a name of Networks";
        }

        if (!hasAddress && IPAddress.TryParse(text.AsSpan(0, slash), out var parsed) && parsed.IsIPv4MappedToIPv6)
        {
            return "IPv4-mapped addresses are unmapped before they are matched; write the IPv4 network";
        }

        var suffix = text.AsSpan(slash + 1);
        if (!hasAddress || !int.TryParse(suffix, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > Bits(address!) || (suffix.Length > 1 && suffix[0] == '0'))
        {
            return "not a CIDR; write it as 10.0.0.0/8 or 2001:db8::/32";
        }

        var baseAddress = BaseOf(address!, length);
        if (!baseAddress.Equals(address))
        {
            return $"the address has bits below the prefix; write \"{baseAddress}/{length}\"";
        }

        network = new IPNetwork(address!, length);
        return null;
    }

    /// <summary>Replaces each name in a list by its networks.</summary>
    /// <param name="list">CIDRs and names.</param>
    /// <param name="networks">The networks of each name.</param>
    /// <returns>The networks. Items that cannot be read or found are left out, because a validator reports them.</returns>
    public static IReadOnlyList<IPNetwork> Expand(IReadOnlyList<string> list, IReadOnlyDictionary<string, IReadOnlyList<string>> networks)
    {
        var result = new List<IPNetwork>();
        Expand(list, networks, result, new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        return result;
    }

    private static void Expand(
        IReadOnlyList<string> list,
        IReadOnlyDictionary<string, IReadOnlyList<string>> networks,
        List<IPNetwork> result,
        HashSet<string> seen)
    {
        foreach (var item in list)
        {
            if (item is null)
            {
                continue;
            }

            if (networks.TryGetValue(item, out var named))
            {
                // A name may refer to other names. Each name is expanded once, which also ends circles.
                if (seen.Add(item))
                {
                    Expand(named, networks, result, seen);
                }
            }
            else if (Read(item, out var network) is null && !result.Contains(network))
            {
                result.Add(network);
            }
        }
    }

    private static int Bits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    private static IPAddress BaseOf(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xFF00 >> Math.Clamp(length - (8 * i), 0, 8));
        }

        return new IPAddress(bytes);
    }
}
