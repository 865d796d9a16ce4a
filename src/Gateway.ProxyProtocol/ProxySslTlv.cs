using System.Buffers.Binary;

namespace Gateway.ProxyProtocol;

/// <summary>A view of the SSL TLV's value: {client u8, verify u32, sub-TLVs}.</summary>
public readonly ref struct ProxySslTlv
{
    private const int FixedLength = 5;

    private ProxySslTlv(ReadOnlySpan<byte> value)
    {
        Client = (ProxySslClient)value[0];
        Verify = BinaryPrimitives.ReadUInt32BigEndian(value[1..]);
        SubTlvs = value[FixedLength..];
    }

    /// <summary>The bits that describe the client's TLS connection.</summary>
    public ProxySslClient Client { get; }

    /// <summary>0 if the client showed a certificate and the sender verified it; otherwise any other value.</summary>
    public uint Verify { get; }

    /// <summary>The sub-TLVs (types 0x21 to 0x28, and any other): read them with <see cref="ProxyTlvReader"/>.</summary>
    public ReadOnlySpan<byte> SubTlvs { get; }

    /// <summary>Whether a header's TLVs say that the client was connected over TLS.</summary>
    /// <param name="tlvs">The TLV area of the header.</param>
    public static bool SaysTls(ReadOnlySpan<byte> tlvs) =>
        ProxyTlvReader.TryFind(tlvs, ProxyTlvType.Ssl, out var value)
        && TryParse(value, out var ssl)
        && (ssl.Client & ProxySslClient.Tls) != 0;

    /// <summary>Reads the value of an SSL TLV. The values of sub-TLVs are not parsed, so nested TLVs cost nothing.</summary>
    /// <param name="value">The value of a TLV of type <see cref="ProxyTlvType.Ssl"/>.</param>
    /// <param name="ssl">The view.</param>
    /// <returns>False if the value is shorter than 5 bytes, or its sub-TLVs do not fill it exactly.</returns>
    public static bool TryParse(ReadOnlySpan<byte> value, out ProxySslTlv ssl)
    {
        ssl = default;
        if (value.Length < FixedLength)
        {
            return false;
        }

        var reader = new ProxyTlvReader(value[FixedLength..]);
        while (reader.MoveNext())
        {
        }

        if (reader.IsMalformed)
        {
            return false;
        }

        ssl = new ProxySslTlv(value);
        return true;
    }
}
