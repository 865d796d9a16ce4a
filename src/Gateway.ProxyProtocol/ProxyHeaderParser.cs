using System.Buffers;
using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>Parses a PROXY protocol header (HAProxy's <c>doc/proxy-protocol.txt</c>, edition of 2026/04/27) of either version.</summary>
/// <remarks>
/// <para>The input starts at the first byte of the connection. After NeedMore, call again with the same bytes and the bytes that followed.
/// Nothing is kept between calls, so the input may be split in any way. The parser never throws for any bytes, and allocates
/// nothing.</para>
/// <para>Version 1 is checked byte by byte. Version 2's fixed part of 16 bytes is checked byte by byte too. Its body is checked once, when
/// it is complete, because otherwise a peer that sends single bytes would make the parser read the TLVs again for each byte.</para>
/// </remarks>
public static class ProxyHeaderParser
{
    // Long enough for every header without TLVs: 107 bytes for version 1, 16 + 216 for version 2 with UNIX paths.
    private const int StackBytes = 256;

    /// <summary>Parses contiguous input.</summary>
    /// <param name="input">All bytes so far.</param>
    /// <param name="options">Which headers are accepted.</param>
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

    /// <summary>Parses input in any number of segments. Offsets in the header count from the start of the input.</summary>
    /// <param name="input">All bytes so far.</param>
    /// <param name="options">Which headers are accepted.</param>
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

        // Only version 2 needs more than 256 bytes. Its length is within the limit, so at most 64 KiB are copied, and only when all bytes
        // are there.
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
