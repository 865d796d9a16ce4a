using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tcp.SourceIp;

/// <summary>
/// The TLVs that describe a client's TLS, for the PROXY header of a route with <c>SourceIp:SslTlvs</c> and for the request headers of an
/// Https listener. Source: proxy-protocol.txt, sections 2.2.1, 2.2.2 and 2.2.6.
/// </summary>
public static class TlsTlvs
{
    /// <summary>The types that describe TLS that ended at the listener.</summary>
    public static IReadOnlyList<ProxyTlvType> TypesOfSession { get; } = [ProxyTlvType.Ssl, ProxyTlvType.Alpn, ProxyTlvType.Authority];

    /// <summary>The types that describe a ClientHello that was only read.</summary>
    internal static IReadOnlyList<ProxyTlvType> TypesOfHello { get; } = [ProxyTlvType.Alpn, ProxyTlvType.Authority];

    // The specification: "non-zero otherwise", which includes a client without a certificate.
    private const uint NotVerified = 1;

    /// <summary>The TLVs of TLS that ended at the listener, as an area.</summary>
    /// <param name="session">The TLS session.</param>
    /// <param name="certificate">The client's certificate in DER; empty: it is left out.</param>
    public static byte[] OfSession(TlsSession session, ReadOnlySpan<byte> certificate = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        var ssl = new ArrayBufferWriter<byte>();
        Span<byte> start = stackalloc byte[1 + sizeof(uint)];
        start[0] = (byte)(ProxySslClient.Tls
            | (session.HasClientCertificate ? ProxySslClient.CertificateInSession : 0)
            | (session.HasClientCertificate && !session.IsResumed ? ProxySslClient.CertificateOnConnection : 0));
        BinaryPrimitives.WriteUInt32BigEndian(start[1..], session.HasClientCertificate ? 0 : NotVerified);
        ssl.Write(start);
        Add(ssl, ProxyTlvType.SslVersion, session.Version);
        Add(ssl, ProxyTlvType.SslCommonName, session.ClientName);
        Add(ssl, ProxyTlvType.SslCipher, session.Cipher);
        Add(ssl, ProxyTlvType.SslSignatureAlgorithm, session.SignatureAlgorithm);
        Add(ssl, ProxyTlvType.SslKeyAlgorithm, session.KeyAlgorithm);
        if (!certificate.IsEmpty)
        {
            Add(ssl, ProxyTlvType.SslClientCertificate, certificate);
        }

        var area = new ArrayBufferWriter<byte>();
        Add(area, ProxyTlvType.Alpn, session.Alpn);
        Add(area, ProxyTlvType.Authority, session.ServerName);
        Add(area, ProxyTlvType.Ssl, ssl.WrittenSpan);
        return area.WrittenSpan.ToArray();
    }

    /// <summary>
    /// All TLVs of a header, with these TLVs in place of received ones of the same type, because the gateway itself has seen this TLS.
    /// Null: the gateway knows of no TLS of the client, or the route does not want these TLVs.
    /// </summary>
    /// <param name="identity">The client.</param>
    /// <param name="sourceIp">The route's section.</param>
    /// <param name="added">The area from <see cref="AddedTlvs.Write"/>. Its TLVs replace these, because the operator wrote them.</param>
    internal static Announcement? Announce(ConnectionIdentity identity, SourceIpModel sourceIp, ReadOnlySpan<byte> added)
    {
        if (!sourceIp.SslTlvs || identity is { Tls: null, Hello: null })
        {
            return null;
        }

        var own = identity.Tls is { } session ? OfSession(session) : OfHello(identity.Hello!);
        var passed = identity.Tls is null ? sourceIp.PassedBesideHello : sourceIp.PassedBesideSession;
        var area = new byte[added.Length + own.Length + identity.Tlvs.Length];
        added.CopyTo(area);
        var length = added.Length;
        length += sourceIp.TlsTlvsToWrite.Copy(own, area.AsSpan(length));
        length += passed.Copy(identity.Tlvs.Span, area.AsSpan(length));
        return new Announcement(identity, area.AsMemory(0, length));
    }

    // The backend chooses the protocol later; the client's first offer is the one that it prefers.
    private static byte[] OfHello(ClientHello hello)
    {
        var area = new ArrayBufferWriter<byte>();
        Add(area, ProxyTlvType.Alpn, hello.Alpn is { Count: > 0 } offered ? offered[0] : null);
        Add(area, ProxyTlvType.Authority, hello.ServerName);
        return area.WrittenSpan.ToArray();
    }

    // The bytes of an ALPN name were read as Latin-1, so Latin-1 gives the same bytes back.
    private static void Add(ArrayBufferWriter<byte> area, ProxyTlvType type, string? text)
    {
        if (text is not null)
        {
            Add(area, type, (type == ProxyTlvType.Alpn ? Encoding.Latin1 : Encoding.UTF8).GetBytes(text));
        }
    }

    private static void Add(ArrayBufferWriter<byte> area, ProxyTlvType type, ReadOnlySpan<byte> value) =>
        area.Advance(ProxyTlvWriter.Write(area.GetSpan(ProxyTlv.PrefixLength + value.Length), type, value));
}
