using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Networks;

/// <summary>Resolves the CIDR lists of configuration.</summary>
public static class NetworkList
{
    private const int MappedPrefixLength = 96;

    /// <summary>Replaces names by their networks. Every entry has passed validation.</summary>
    /// <param name="entries">CIDRs, single addresses or names.</param>
    /// <param name="networks">The section <c>Networks</c>; a name wins over an address.</param>
    /// <returns>The networks in the order of the entries, v4-mapped networks unmapped.</returns>
    /// <exception cref="FormatException">An entry is neither a name nor a network, because validation was left out.</exception>
    public static IReadOnlyList<IPNetwork> Resolve(IEnumerable<string> entries, IReadOnlyDictionary<string, IReadOnlyList<string>> networks)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(networks);
        var resolved = new List<IPNetwork>();
        foreach (var entry in entries)
        {
            if (networks.TryGetValue(entry, out var members))
            {
                resolved.AddRange(members.Select(Parse));
            }
            else
            {
                resolved.Add(Parse(entry));
            }
        }

        return resolved;
    }

    private static IPNetwork Parse(string text)
    {
        var network = text.Contains('/', StringComparison.Ordinal) ? IPNetwork.Parse(text) : Single(IPAddress.Parse(text));
        return network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= MappedPrefixLength
            ? new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - MappedPrefixLength)
            : network;
    }

    private static IPNetwork Single(IPAddress address) => new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
}
