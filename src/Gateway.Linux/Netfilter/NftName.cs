using System.Security.Cryptography;
using System.Text;

namespace Gateway.Linux.Netfilter;

/// <summary>Names of chains, maps and counters that the kernel takes, made from names of any length.</summary>
public static class NftName
{
    // NFT_NAME_MAXLEN is 256, with the zero at the end (linux/netfilter/nf_tables.h).
    private const int MostCharacters = 255;
    private const int HashBytes = 16;

    /// <summary>The name itself, or its beginning and a hash of it, if it is too long.</summary>
    /// <param name="name">ASCII, as configuration's names are.</param>
    public static string Fit(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length <= MostCharacters)
        {
            return name;
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, HashBytes);
        return $"{name[..(MostCharacters - (2 * HashBytes) - 1)]}-{Convert.ToHexStringLower(hash)}";
    }
}
