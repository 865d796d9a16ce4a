using System.Buffers.Binary;
using System.Text;

namespace Gateway.Checks;

/// <summary>
/// The part of MySQL's and MariaDB's protocol that tells a greeting from an error. A packet has three bytes of length (little-endian), one
/// byte of sequence number, and the payload.
/// </summary>
internal static class MySqlTalk
{
    private const int HeaderLength = 4;
    private const byte ProtocolVersion = 10;
    private const byte ErrorMark = 0xff;

    /// <summary>Whether a server's first packet is a greeting (HandshakeV10).</summary>
    public static bool IsGreeting(ReadOnlySpan<byte> bytes) =>
        bytes.Length > HeaderLength + 1
        && bytes[3] == 0
        && bytes[HeaderLength] == ProtocolVersion
        && LengthOf(bytes) is > 32 and < 512
        && char.IsAsciiDigit((char)bytes[HeaderLength + 1]);

    /// <summary>The message of the last packet that a server sent, if it is an error.</summary>
    public static string? LastError(ReadOnlySpan<byte> bytes)
    {
        string? error = null;
        for (var number = 0; bytes.Length > HeaderLength && bytes[3] == number; number++)
        {
            var length = LengthOf(bytes);
            if (length == 0 || HeaderLength + length > bytes.Length)
            {
                return null;
            }

            error = ErrorOf(bytes.Slice(HeaderLength, length));
            bytes = bytes[(HeaderLength + length)..];
        }

        return bytes.IsEmpty ? error : null;
    }

    private static int LengthOf(ReadOnlySpan<byte> bytes) => bytes[0] | (BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]) << 8);

    // 0xff, two bytes of error number, then "#" and five bytes of SQLSTATE once the client's capabilities are known, then the message.
    private static string? ErrorOf(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 4 || payload[0] != ErrorMark)
        {
            return null;
        }

        var message = payload[3] == '#' && payload.Length > 9 ? payload[9..] : payload[3..];
        return $"{BinaryPrimitives.ReadUInt16LittleEndian(payload[1..])} {Encoding.ASCII.GetString(message)}";
    }
}
