namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The headers of a SYN as the kernel saves them (TCP_SAVED_SYN): IPv4 or IPv6, then TCP. The kernel has checked them, but their content
/// comes from an untrusted client.
/// </summary>
internal static class SynHeaders
{
    /// <summary>
    /// The greatest length. An IPv6 header with extension headers is bounded by the bytes that the kernel saves, rarely more than 120
    /// bytes.
    /// </summary>
    public const int MaxBytes = 256;

    private const int LeastV4 = 20;
    private const int LengthV6 = 40;
    private const int LeastTcp = 20;
    private const byte ProtocolTcp = 6;

    /// <summary>The TCP options; empty if there are none, or if the bytes are not valid headers.</summary>
    public static ReadOnlySpan<byte> OptionsOf(ReadOnlySpan<byte> headers)
    {
        var tcp = TcpOf(headers);
        if (tcp.Length < LeastTcp)
        {
            return [];
        }

        var length = (tcp[12] >> 4) * 4;
        return length < LeastTcp || length > tcp.Length ? [] : tcp[LeastTcp..length];
    }

    private static ReadOnlySpan<byte> TcpOf(ReadOnlySpan<byte> headers)
    {
        switch (headers.IsEmpty ? 0 : headers[0] >> 4)
        {
            case 4:
                var length = (headers[0] & 0xF) * 4;
                return length < LeastV4 || length > headers.Length || headers[9] != ProtocolTcp ? [] : headers[length..];
            case 6 when headers.Length >= LengthV6:
                return BehindExtensions(headers[6], headers[LengthV6..]);
            default:
                return [];
        }
    }

    // RFC 8200 4: hop-by-hop (0), routing (43) and destination options (60) begin with the next header and their length. The length counts
    // units of 8 bytes, without the first unit.
    private static ReadOnlySpan<byte> BehindExtensions(byte next, ReadOnlySpan<byte> rest)
    {
        while (next is 0 or 43 or 60)
        {
            if (rest.Length < 8 || (rest[1] + 1) * 8 > rest.Length)
            {
                return [];
            }

            next = rest[0];
            rest = rest[((rest[1] + 1) * 8)..];
        }

        return next == ProtocolTcp ? rest : [];
    }
}
