using System.Buffers;
using System.Buffers.Binary;

namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// The requests by which a PostgreSQL client asks for encryption, and their answers. A request begins with its length in four bytes, which
/// is 8 (CancelRequest: 16, or more with the longer keys of protocol 3.2), and a code of four bytes. Source: PostgreSQL's documentation,
/// "Message Formats".
/// </summary>
internal static class PostgreSqlRequests
{
    /// <summary>The length of SSLRequest and GSSENCRequest.</summary>
    public const int Length = 8;

    private const int CodeCancel = 80877102;
    private const int CodeSsl = 80877103;
    private const int CodeGssEncryption = 80877104;

    /// <summary>SSLRequest.</summary>
    public static ReadOnlyMemory<byte> Ssl { get; } = new byte[] { 0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F };

    /// <summary>The answer to SSLRequest: TLS follows.</summary>
    public static ReadOnlyMemory<byte> Yes { get; } = "S"u8.ToArray();

    /// <summary>The answer to a request that is declined.</summary>
    public static ReadOnlyMemory<byte> No { get; } = "N"u8.ToArray();

    /// <summary>Reads the first bytes that have come.</summary>
    public static PostgreSqlRequest Read(in ReadOnlySequence<byte> received)
    {
        Span<byte> start = stackalloc byte[Length];
        var length = (int)Math.Min(received.Length, Length);
        received.Slice(0, length).CopyTo(start);
        // The first byte of a request's length is always 0, because no request is 16 MB long. A TLS record begins with 0x16.
        if (length > 0 && start[0] != 0)
        {
            return PostgreSqlRequest.Other;
        }

        if (length < Length)
        {
            return PostgreSqlRequest.More;
        }

        return BinaryPrimitives.ReadInt32BigEndian(start[4..]) switch
        {
            CodeCancel => PostgreSqlRequest.Cancel,
            CodeSsl when IsShort(start) => PostgreSqlRequest.Ssl,
            CodeGssEncryption when IsShort(start) => PostgreSqlRequest.GssEncryption,
            _ => PostgreSqlRequest.Other,
        };
    }

    private static bool IsShort(ReadOnlySpan<byte> request) => BinaryPrimitives.ReadInt32BigEndian(request) == Length;
}
