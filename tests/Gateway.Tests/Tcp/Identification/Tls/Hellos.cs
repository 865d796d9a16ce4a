using System.Buffers.Binary;

namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>Builds ClientHellos field by field, good and bad, and cuts them into records.</summary>
internal static class Hellos
{
    internal static readonly byte[] Plain = Record(Message(Body(
        Extension(0, ServerNames(HostName("db.example.com"))),
        Alpn("h2", "http/1.1"))));

    /// <summary>A record around bytes.</summary>
    /// <summary>A ClientHello that asks for a name and offers protocols.</summary>
    internal static byte[] For(string name, params string[] alpn) => Record(Message(
        alpn.Length == 0 ? Body(Extension(0, ServerNames(HostName(name)))) : Body(Extension(0, ServerNames(HostName(name))), Alpn(alpn))));

    internal static byte[] Record(ReadOnlySpan<byte> bytes, byte type = 22, ushort version = 0x0301) =>
        [type, .. Number(version), .. Vector16(bytes)];

    /// <summary>A handshake message around a body.</summary>
    internal static byte[] Message(ReadOnlySpan<byte> body, byte type = 1) =>
        [type, (byte)(body.Length >> 16), .. Number((ushort)body.Length), .. body];

    /// <summary>A body with extensions.</summary>
    internal static byte[] Body(params byte[][] extensions) =>
        [.. BodyWithout(), .. Vector16(extensions.SelectMany(static e => e).ToArray())];

    /// <summary>A body that ends before the extensions.</summary>
    internal static byte[] BodyWithout(
        ushort version = 0x0303, int randomLength = 32, int sessionIdLength = 32, int cipherBytes = 4, int compressionBytes = 1) =>
        [
            .. Number(version), .. new byte[randomLength], (byte)sessionIdLength, .. new byte[sessionIdLength],
            .. Vector16(new byte[cipherBytes]), (byte)compressionBytes, .. new byte[compressionBytes],
        ];

    internal static byte[] Extension(ushort type, ReadOnlySpan<byte> data) => [.. Number(type), .. Vector16(data)];

    internal static byte[] ServerNames(params byte[][] entries) => Vector16(entries.SelectMany(static e => e).ToArray());

    internal static byte[] HostName(string name, byte type = 0) => [type, .. Vector16(System.Text.Encoding.Latin1.GetBytes(name))];

    internal static byte[] Alpn(params string[] names) => Extension(16, Vector16(
        names.SelectMany(static name => (byte[])[(byte)name.Length, .. System.Text.Encoding.Latin1.GetBytes(name)]).ToArray()));

    internal static byte[] Versions(params ushort[] versions) =>
        Extension(43, [(byte)(2 * versions.Length), .. versions.SelectMany(Number)]);

    internal static byte[] Vector16(ReadOnlySpan<byte> bytes) => [.. Number((ushort)bytes.Length), .. bytes];

    /// <summary>The hello's records joined, and cut anew at these offsets of the message.</summary>
    internal static byte[] InRecords(byte[] hello, params int[] offsets)
    {
        var message = Joined(hello);
        var bounds = (int[])[0, .. offsets, message.Length];
        return [.. bounds.Zip(bounds.Skip(1)).SelectMany(cut => Record(message.AsSpan(cut.First..cut.Second)))];
    }

    /// <summary>The handshake message that the records carry.</summary>
    internal static byte[] Joined(byte[] hello)
    {
        var message = new List<byte>();
        for (var at = 0; at < hello.Length;)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(at + 3));
            message.AddRange(hello.AsSpan(at + 5, length));
            at += 5 + length;
        }

        return [.. message];
    }

    private static byte[] Number(ushort value) => [(byte)(value >> 8), (byte)value];
}
