using System.Buffers.Binary;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Http.Forwarded;

/// <summary>The TLS of a connection that ended at its listener, as a connection feature.</summary>
/// <param name="session">What was agreed on.</param>
/// <param name="certificate">The client's, verified; null: it showed none.</param>
internal sealed class EndedTls(TlsSession session, X509Certificate2? certificate)
{
    private byte[]? _tlvs;

    /// <summary>
    /// The same as the TLVs of a PROXY header from a proxy that had ended it, so that headers tell of both in one way
    /// (<see cref="TlvHeaders"/>). Made when it is asked for first: most listeners tell of no TLV.
    /// </summary>
    public ReadOnlySpan<byte> Tlvs => _tlvs ??= Write();

    /// <summary>Whether it says what a field is, in the place of the PROXY header's TLV: also by having none.</summary>
    public static bool TellsOf(ProxyTlvType type) => type is ProxyTlvType.Alpn or ProxyTlvType.Authority or ProxyTlvType.Ssl;

    private byte[] Write()
    {
        // What is longer is told by no header, and does not fit into a TLV.
        var der = certificate?.RawDataMemory.Length <= short.MaxValue ? certificate.RawDataMemory : default;
        var ssl = new List<byte>();
        ssl.Add((byte)(ProxySslClient.Tls
            | (session.HasClientCertificate ? ProxySslClient.CertificateOnConnection | ProxySslClient.CertificateInSession : 0)));
        Span<byte> verify = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(verify, session.HasClientCertificate ? 0u : 1u);
        ssl.AddRange(verify);
        Add(ssl, ProxyTlvType.SslVersion, session.Version);
        Add(ssl, ProxyTlvType.SslCipher, session.Cipher);
        Add(ssl, ProxyTlvType.SslCommonName, session.ClientName);
        if (!der.IsEmpty)
        {
            Add(ssl, ProxyTlvType.SslClientCertificate, der.Span);
        }

        var area = new List<byte>();
        Add(area, ProxyTlvType.Alpn, session.Alpn);
        Add(area, ProxyTlvType.Authority, session.ServerName);
        Add(area, ProxyTlvType.Ssl, ssl.ToArray());
        return [.. area];
    }

    private static void Add(List<byte> area, ProxyTlvType type, string? text)
    {
        if (text is not null)
        {
            Add(area, type, Encoding.UTF8.GetBytes(text));
        }
    }

    private static void Add(List<byte> area, ProxyTlvType type, ReadOnlySpan<byte> value)
    {
        var tlv = new byte[ProxyTlv.PrefixLength + value.Length];
        ProxyTlvWriter.Write(tlv, type, value);
        area.AddRange(tlv);
    }
}
