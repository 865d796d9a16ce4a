using System.Buffers.Binary;

namespace Gateway.Tcp.Tls;

/// <summary>
/// Tells from a server's first flight whether a session is resumed. TLS 1.3: the ServerHello has the extension pre_shared_key (RFC 8446,
/// 4.2.11). TLS 1.2: no Certificate follows it (RFC 5246, 7.3).
/// </summary>
internal static class ServerHello
{
    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const byte HandshakeRecord = 22;
    private const byte ChangeCipherSpecRecord = 20;
    private const byte ServerHelloMessage = 2;
    private const byte CertificateMessage = 11;
    private const ushort PreSharedKey = 41;
    private const ushort SupportedVersions = 43;

    /// <summary>RFC 8446, 4.1.3: the "random" of a HelloRetryRequest, which is the SHA-256 of the text "HelloRetryRequest".</summary>
    private static ReadOnlySpan<byte> RetryRandom =>
    [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];

    /// <summary>Reads the server's first flight: the TLS records from the first one on.</summary>
    public static ServerHelloKind Read(ReadOnlySpan<byte> flight)
    {
        // A dummy ChangeCipherSpec may come first (RFC 8446, D.4).
        if (TryTakeRecord(ref flight, out var type, out var record) && type == ChangeCipherSpecRecord)
        {
            _ = TryTakeRecord(ref flight, out type, out record);
        }

        if (type != HandshakeRecord || !TryTakeMessage(ref record, out var message, out var hello) || message != ServerHelloMessage)
        {
            return ServerHelloKind.None;
        }

        if (ReadHello(hello) is { } known)
        {
            return known;
        }

        // TLS 1.2: the next message may be in the same record or in the next record.
        if (!TryTakeMessage(ref record, out message, out _) && TryTakeRecord(ref flight, out type, out record))
        {
            if (type == HandshakeRecord)
            {
                _ = TryTakeMessage(ref record, out message, out _);
            }
            else
            {
                message = 0;
            }
        }

        return message == CertificateMessage ? ServerHelloKind.Full : ServerHelloKind.Resumed;
    }

    // Null: TLS 1.2, where the ServerHello alone does not tell.
    private static ServerHelloKind? ReadHello(ReadOnlySpan<byte> hello)
    {
        // version, random, session id, cipher suite, compression, extensions.
        const int random = 2;
        const int sessionId = random + 32;
        if (hello.Length <= sessionId)
        {
            return ServerHelloKind.None;
        }

        var extensions = sessionId + 1 + hello[sessionId] + 3;
        if (hello.Length < extensions + 2)
        {
            return null;
        }

        var (isTls13, hasKey) = (false, false);
        for (var rest = hello[(extensions + 2)..]; rest.Length >= 4;)
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(rest);
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            isTls13 |= type == SupportedVersions;
            hasKey |= type == PreSharedKey;
            rest = rest[Math.Min(rest.Length, 4 + length)..];
        }

        return !isTls13 ? null
            : hello.Slice(random, RetryRandom.Length).SequenceEqual(RetryRandom) ? ServerHelloKind.Retry
            : hasKey ? ServerHelloKind.Resumed
            : ServerHelloKind.Full;
    }

    private static bool TryTakeRecord(ref ReadOnlySpan<byte> flight, out byte type, out ReadOnlySpan<byte> record)
    {
        type = 0;
        record = default;
        if (flight.Length < RecordHeader)
        {
            return false;
        }

        type = flight[0];
        var length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(flight[3..]), flight.Length - RecordHeader);
        record = flight.Slice(RecordHeader, length);
        flight = flight[(RecordHeader + length)..];
        return true;
    }

    private static bool TryTakeMessage(ref ReadOnlySpan<byte> record, out byte type, out ReadOnlySpan<byte> message)
    {
        type = 0;
        message = default;
        if (record.Length < MessageHeader)
        {
            return false;
        }

        type = record[0];
        var length = Math.Min((record[1] << 16) | (record[2] << 8) | record[3], record.Length - MessageHeader);
        message = record.Slice(MessageHeader, length);
        record = record[(MessageHeader + length)..];
        return true;
    }
}
