namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// The header of a TLS record that carries the ClientHello, or a part of the ClientHello (RFC 8446, section 5.1).
/// <para>
/// The RFC forbids clients to send empty records. They are accepted nevertheless, because OpenSSL accepts up to 32 in a row, and the
/// gateway does not refuse bytes that a backend accepts. Empty records only use up the limit of the ClientHello. Records of other types are
/// refused, as OpenSSL does.
/// </para>
/// </summary>
internal static class RecordHeader
{
    /// <summary>Type, version and length of the body.</summary>
    public const int Length = 5;

    /// <summary>The longest unencrypted body.</summary>
    public const int MaxBodyLength = 1 << 14;

    private const byte HandshakeType = 22;
    private const byte MajorVersion = 3;
    private const byte MaxMinorVersion = 4;

    /// <summary>
    /// Checks a header byte by byte, even if it is not complete yet, so that the gateway does not wait for a client that speaks another
    /// protocol. Complete: the whole header has come and is valid.
    /// </summary>
    /// <param name="header">Up to <see cref="Length"/> bytes.</param>
    /// <param name="isFirst">
    /// Whether the header is the first of the connection. Only the first header can belong to another protocol.
    /// </param>
    /// <param name="bodyLength">The length of the body, if the header is complete.</param>
    /// <param name="error">What was wrong, as one word for logs; null unless the header is malformed.</param>
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
