using System.Buffers.Binary;
using System.Text;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.SourceIp;

/// <summary>
/// The TLVs that tell a backend of the client's TLS (<c>SourceIp:SslTlvs</c>). Source: proxy-protocol.txt, sections 2.2.1, 2.2.2 and 2.2.6.
/// </summary>
internal static class TlsTlvs
{
    /// <summary>The types that tell of TLS that ended here.</summary>
    public static IReadOnlyList<ProxyTlvType> OfSession { get; } = [ProxyTlvType.Ssl, ProxyTlvType.Alpn, ProxyTlvType.Authority];

    /// <summary>The types that tell of a ClientHello that was only read.</summary>
    public static IReadOnlyList<ProxyTlvType> OfHello { get; } = [ProxyTlvType.Alpn, ProxyTlvType.Authority];

    // "Non-zero otherwise": the client showed no certificate.
    private const uint NotVerified = 1;

    /// <summary>
    /// The TLVs of a header in which these stand in the place of those that came, since what we know ourselves is the nearer word; null:
    /// the client has no TLS that we know of, or the route does not tell of it.
    /// </summary>
    /// <param name="identity">The client.</param>
    /// <param name="sourceIp">The route's section.</param>
    /// <param name="added">The area that <see cref="AddedTlvs.Write"/> made: an operator's word stands above ours.</param>
    public static Announcement? Announce(ConnectionIdentity identity, SourceIpModel sourceIp, ReadOnlySpan<byte> added)
    {
        if (!sourceIp.SslTlvs || identity is { Tls: null, Hello: null })
        {
            return null;
        }

        Span<byte> own = new byte[LengthOf(identity)];
        own = own[..Write(own, identity)];
        var area = new byte[added.Length + own.Length + identity.Tlvs.Length];
        added.CopyTo(area);
        var length = added.Length;
        length += sourceIp.TlsTlvsToWrite.Copy(own, area.AsSpan(length));
        var passed = identity.Tls is null ? sourceIp.PassedBesideHello : sourceIp.PassedBesideSession;
        length += passed.Copy(identity.Tlvs.Span, area.AsSpan(length));
        return new Announcement(identity, area.AsMemory(0, length));
    }

    private static int LengthOf(ConnectionIdentity identity)
    {
        const int fixedParts = 64;
        var texts = identity.Tls is { } tls
            ? new[] { tls.Version, tls.Cipher, tls.ClientName, tls.SignatureAlgorithm, tls.KeyAlgorithm, tls.Alpn, tls.ServerName }
            : [identity.Hello!.ServerName, FavouriteOf(identity)];
        return fixedParts + texts.Sum(static text => text is null ? 0 : Encoding.UTF8.GetByteCount(text));
    }

    private static int Write(Span<byte> area, ConnectionIdentity identity)
    {
        var length = 0;
        if (identity.Tls is { } tls)
        {
            length += Text(area, ProxyTlvType.Alpn, tls.Alpn);
            length += Text(area[length..], ProxyTlvType.Authority, tls.ServerName);
            var value = area[(length + ProxyTlv.PrefixLength)..];
            value[0] = (byte)(ProxySslClient.Tls
                | (tls.HasClientCertificate ? ProxySslClient.CertificateInSession : 0)
                | (tls.HasClientCertificate && !tls.IsResumed ? ProxySslClient.CertificateOnConnection : 0));
            BinaryPrimitives.WriteUInt32BigEndian(value[1..], tls.HasClientCertificate ? 0 : NotVerified);
            var inner = 5;
            inner += Text(value[inner..], ProxyTlvType.SslVersion, tls.Version);
            inner += Text(value[inner..], ProxyTlvType.SslCommonName, tls.ClientName);
            inner += Text(value[inner..], ProxyTlvType.SslCipher, tls.Cipher);
            inner += Text(value[inner..], ProxyTlvType.SslSignatureAlgorithm, tls.SignatureAlgorithm);
            inner += Text(value[inner..], ProxyTlvType.SslKeyAlgorithm, tls.KeyAlgorithm);
            area[length] = (byte)ProxyTlvType.Ssl;
            BinaryPrimitives.WriteUInt16BigEndian(area[(length + 1)..], (ushort)inner);
            return length + ProxyTlv.PrefixLength + inner;
        }

        length += Text(area, ProxyTlvType.Alpn, FavouriteOf(identity));
        return length + Text(area[length..], ProxyTlvType.Authority, identity.Hello!.ServerName);
    }

    // Which protocol will be agreed on is the backend's to say; the client's favourite comes first.
    private static string? FavouriteOf(ConnectionIdentity identity) => identity.Hello!.Alpn is { Count: > 0 } offered ? offered[0] : null;

    // ALPN's bytes were read as Latin-1, and go out as they came.
    private static int Text(Span<byte> area, ProxyTlvType type, string? text) => text is null
        ? 0
        : ProxyTlvWriter.Write(area, type, (type == ProxyTlvType.Alpn ? Encoding.Latin1 : Encoding.UTF8).GetBytes(text));
}
