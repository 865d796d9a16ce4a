using System.Buffers.Binary;
using System.Text;

namespace Gateway.Testing.Wire;

/// <summary>The SSL TLV of a PROXY header (type 0x20), written down from proxy-protocol.txt, section 2.2.6, on its own.</summary>
public sealed record WireSsl
{
    /// <summary>Bits: TLS, certificate on this connection, certificate in this session.</summary>
    public required int Client { get; init; }

    /// <summary>0: the client's certificate was verified.</summary>
    public required uint Verify { get; init; }

    /// <summary>The version of TLS.</summary>
    public string? Version { get; init; }

    /// <summary>The common name of the client's certificate.</summary>
    public string? CommonName { get; init; }

    /// <summary>The cipher.</summary>
    public string? Cipher { get; init; }

    /// <summary>What signed the server's certificate.</summary>
    public string? Signature { get; init; }

    /// <summary>The key of the server's certificate.</summary>
    public string? Key { get; init; }

    /// <summary>Reads the one of a header; null: it has none.</summary>
    public static WireSsl? Of(WireHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (header.Tlv(0x20) is not { } value)
        {
            return null;
        }

        var texts = new Dictionary<byte, string>();
        for (var at = 5; at < value.Length;)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(at + 1));
            texts[value[at]] = Encoding.UTF8.GetString(value, at + 3, length);
            at += 3 + length;
        }

        return new WireSsl
        {
            Client = value[0],
            Verify = BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(1)),
            Version = texts.GetValueOrDefault<byte, string>(0x21),
            CommonName = texts.GetValueOrDefault<byte, string>(0x22),
            Cipher = texts.GetValueOrDefault<byte, string>(0x23),
            Signature = texts.GetValueOrDefault<byte, string>(0x24),
            Key = texts.GetValueOrDefault<byte, string>(0x25),
        };
    }
}
