namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// The header of a TLS record that carries the hello, or a part of it (RFC 8446, section 5.1).
/// <para>
/// Empty records are forbidden to clients. They are taken nevertheless: OpenSSL takes up to 32 in a row, and what a backend takes is not
/// refused here. They only use up the limit of the hello. Records of other types are refused by OpenSSL too.
/// </para>
/// </summary>
internal static class RecordHeader
{
    /// <summary>Type, version and length of the body.</summary>
    public const int Length = 5;

    /// <summary>The longest body in clear.</summary>
    public const int MaxBodyLength = 1 << 14;

    private const byte HandshakeType = 22;
    private const byte MajorVersion = 3;
    private const byte MaxMinorVersion = 4;

    /// <summary>
    /// Judges what has come of a header, byte by byte: a client that speaks something else is not waited for. Complete: the whole header is
    /// there, and good.
    /// </summary>
    /// <param name="header">Up to <see cref="Length"/> bytes.</param>
    /// <param name="isFirst">Whether the connection begins with it. Only then can it be of another protocol.</param>
    /// <param name="bodyLength">The length of the body, if the header is complete.</param>
    /// <param name="error">What was wrong, in a word for logs; null unless the header is broken.</param>
    public static ClientHelloStatus Read(ReadOnlySpan<byte> header, bool isFirst, out int bodyLength, out string? error)
    {
        bodyLength = header is [_, _, _, var high, var low] ? (high << 8) | low : 0;
        error = header switch
        {
            [not HandshakeType, ..] => "record_type",
            [_, not MajorVersion, ..] or [_, _, > MaxMinorVersion, ..] => "record_version",
            _ => bodyLength > MaxBodyLength ? "record_length" : null,
        };
        if (isFirst && header is [not HandshakeType, ..] or [_, not MajorVersion, ..])
        {
            error = null;
            return ClientHelloStatus.NotTls;
        }

        if (error is not null)
        {
            return ClientHelloStatus.Broken;
        }

        return header.Length < Length ? ClientHelloStatus.More : ClientHelloStatus.Complete;
    }
}
