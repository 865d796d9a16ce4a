using System.Buffers;
using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>Parses a PROXY protocol header (HAProxy's <c>doc/proxy-protocol.txt</c>, edition of 2026/04/27) of either version.</summary>
/// <remarks>
/// <para>The input starts at the first byte of the connection. After NeedMore, call again with the same bytes and what came behind them:
/// nothing is kept between calls, so any segmentation is fine. Nothing throws, whatever the bytes; nothing is allocated.</para>
/// <para>Version 1 is judged byte by byte. Version 2's fixed part is judged byte by byte up to its 16th, then its body once, when it is
/// complete: a peer that sends one byte at a time would otherwise have its TLVs walked again for each.</para>
/// </remarks>
public static class ProxyHeaderParser
{
    // Long enough for every header without TLVs: 107 for version 1, 16 + 216 for version 2 with UNIX paths.
    private const int StackBytes = 256;

    /// <summary>Parses contiguous input.</summary>
    /// <param name="input">All that has come so far.</param>
    /// <param name="options">What is taken.</param>
    /// <param name="header">The header, if the status is Done.</param>
    /// <returns>NeedMore, Done, or Invalid with its reason.</returns>
    public static ProxyParseResult Parse(ReadOnlySpan<byte> input, ProxyParseOptions options, out ProxyHeader header)
    {
        ArgumentNullException.ThrowIfNull(options);
        header = default;
        return ProxySignature.Match(input) switch
        {
            ProxySignatureMatch.None => ProxyParseResult.Invalid(ProxyParseError.NoSignature),
            ProxySignatureMatch.V1 when options.AllowV1 => LineParser.Parse(input, options, out header),
            ProxySignatureMatch.V2 when options.AllowV2 => BinaryParser.Parse(input, options.MaxHeaderBytes, out header),
            ProxySignatureMatch.Partial => ProxyParseResult.NeedMore,
            _ => ProxyParseResult.Invalid(ProxyParseError.VersionNotAllowed),
        };
    }

    /// <summary>Parses input in any number of segments; offsets in the header count from its start.</summary>
    /// <param name="input">All that has come so far.</param>
    /// <param name="options">What is taken.</param>
    /// <param name="header">The header, if the status is Done.</param>
    /// <returns>NeedMore, Done, or Invalid with its reason.</returns>
    public static ProxyParseResult Parse(in ReadOnlySequence<byte> input, ProxyParseOptions options, out ProxyHeader header)
    {
        if (input.IsSingleSegment)
        {
            return Parse(input.FirstSpan, options, out header);
        }

        Span<byte> start = stackalloc byte[StackBytes];
        start = start[..(int)Math.Min(input.Length, StackBytes)];
        input.Slice(0, start.Length).CopyTo(start);
        var result = Parse(start, options, out header);
        if (result.Status != ProxyParseStatus.NeedMore || input.Length == start.Length)
        {
            return result;
        }

        // Only version 2 wants more than 256 bytes, and its length has passed the limit: at most 64 KiB, and only once all of it is there.
        var length = BinaryParser.FixedLength + BinaryPrimitives.ReadUInt16BigEndian(start[BinaryParser.LengthOffset..]);
        if (input.Length < length)
        {
            return result;
        }

        var whole = ArrayPool<byte>.Shared.Rent(length);
        input.Slice(0, length).CopyTo(whole);
        result = Parse(whole.AsSpan(0, length), options, out header);
        ArrayPool<byte>.Shared.Return(whole);
        return result;
    }
}
