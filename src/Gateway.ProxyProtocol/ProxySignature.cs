namespace Gateway.ProxyProtocol;

/// <summary>Decides from the first bytes of a connection whether they begin a header.</summary>
/// <remarks>
/// The space belongs to version 1's signature, because <c>PROXYING</c> is not a header. Version 2 matches by its 12 bytes alone, with any
/// version nibble, because no other protocol begins so, and a wrong version must be refused and not relayed.
/// </remarks>
public static class ProxySignature
{
    /// <summary>The length of version 2's signature, in bytes. After this many bytes the answer is never Partial.</summary>
    public const int MaxLength = 12;

    /// <summary>The version whose signature matched; null: no signature has matched (yet).</summary>
    /// <param name="match">The answer of <see cref="Match"/>.</param>
    public static ProxyVersion? VersionOf(ProxySignatureMatch match) => match switch
    {
        ProxySignatureMatch.V1 => ProxyVersion.V1,
        ProxySignatureMatch.V2 => ProxyVersion.V2,
        _ => null,
    };

    internal static ReadOnlySpan<byte> V1 => "PROXY "u8;

    internal static ReadOnlySpan<byte> V2 => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    /// <summary>Compares the first bytes of a connection with both signatures.</summary>
    /// <param name="firstBytes">All bytes so far, from the first byte of the connection. Bytes behind a signature are ignored.</param>
    public static ProxySignatureMatch Match(ReadOnlySpan<byte> firstBytes)
    {
        if (firstBytes.StartsWith(V2))
        {
            return ProxySignatureMatch.V2;
        }

        if (firstBytes.StartsWith(V1))
        {
            return ProxySignatureMatch.V1;
        }

        return V1.StartsWith(firstBytes) || V2.StartsWith(firstBytes) ? ProxySignatureMatch.Partial : ProxySignatureMatch.None;
    }
}
