using System.Security.Cryptography;
using System.Text;

namespace Gateway.Linux.Netfilter;

/// <summary>Makes names of chains, maps and counters that the kernel accepts from names of any length.</summary>
public static class NftName
{
    // NFT_NAME_MAXLEN is 256, with the zero at the end (linux/netfilter/nf_tables.h).
    private const int MostCharacters = 255;
    private const int HashBytes = 16;

    /// <summary>The name itself; if it is too long, its beginning and a hash of the whole name.</summary>
    /// <param name="name">The name, in ASCII as all names of the configuration.</param>
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
