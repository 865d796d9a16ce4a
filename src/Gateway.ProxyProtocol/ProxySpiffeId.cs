using System.Buffers;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Reads SPIFFE ids: <c>spiffe://cluster.local/ns/shop/sa/cart</c>. In a mesh such an id names the workload that called. Allocates nothing.
/// </summary>
/// <remarks>Grammar: SPIFFE-ID, section 2 (github.com/spiffe/spiffe, standards/SPIFFE-ID.md).</remarks>
public static class ProxySpiffeId
{
    // Section 2.3: implementations support ids of 2048 bytes, and trust domains of 255.
    private const int MaxLength = 2048;
    private const int MaxTrustDomainLength = 255;

    private static readonly SearchValues<byte> TrustDomainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_"u8);

    private static readonly SearchValues<byte> PathCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"u8);

    private static ReadOnlySpan<byte> Scheme => "spiffe://"u8;

    /// <summary>Whether a value is a SPIFFE id. An id that breaks the grammar names nobody.</summary>
    public static bool IsId(ReadOnlySpan<byte> value) => TryReadTrustDomain(value, out _);

    /// <summary>Whether a text can be a trust domain: lower-case letters, digits, dots, hyphens and underscores.</summary>
    public static bool IsTrustDomain(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= MaxTrustDomainLength && !text.ContainsAnyExcept(TrustDomainCharacters);

    /// <summary>Reads the trust domain of an id: <c>cluster.local</c>.</summary>
    /// <param name="value">The value of the TLV.</param>
    /// <param name="trustDomain">The trust domain, a part of <paramref name="value"/>.</param>
    /// <returns>False if the value is not an id.</returns>
    public static bool TryReadTrustDomain(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> trustDomain)
    {
        trustDomain = default;
        if (value.Length > MaxLength || !value.StartsWith(Scheme))
        {
            return false;
        }

        var rest = value[Scheme.Length..];
        var end = rest.IndexOf((byte)'/');
        var domain = end < 0 ? rest : rest[..end];
        if (!IsTrustDomain(domain) || (end >= 0 && !IsPath(rest[(end + 1)..])))
        {
            return false;
        }

        trustDomain = domain;
        return true;
    }

    // Segments between slashes. None is empty, and none is a dot or two, which would mean another path.
    private static bool IsPath(ReadOnlySpan<byte> path)
    {
        while (true)
        {
            var end = path.IndexOf((byte)'/');
            var segment = end < 0 ? path : path[..end];
            if (segment.IsEmpty
                || segment.SequenceEqual("."u8)
                || segment.SequenceEqual(".."u8)
                || segment.ContainsAnyExcept(PathCharacters))
            {
                return false;
            }

            if (end < 0)
            {
                return true;
            }

            path = path[(end + 1)..];
        }
    }
}
