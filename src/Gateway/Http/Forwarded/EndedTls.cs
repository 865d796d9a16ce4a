using System.Security.Cryptography.X509Certificates;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.SourceIp;

namespace Gateway.Http.Forwarded;

/// <summary>The TLS of a connection that ended at its listener, as a connection feature.</summary>
/// <param name="session">The TLS session.</param>
/// <param name="certificate">The client's verified certificate; null: the client has none.</param>
internal sealed class EndedTls(TlsSession session, X509Certificate2? certificate)
{
    private byte[]? _tlvs;

    /// <summary>The name that the client asked for in its handshake; null: none.</summary>
    public string? ServerName => session.ServerName;

    /// <summary>
    /// The TLVs that a proxy which had ended this TLS would send, so that <see cref="TlvHeaders"/> treats both cases alike. They are made
    /// when they are first needed, because most listeners have no such headers.
    /// </summary>
    public ReadOnlySpan<byte> Tlvs => _tlvs ??= TlsTlvs.OfSession(session, CertificateThatFits());

    /// <summary>Whether this TLS decides about a TLV type, instead of the PROXY header; also if this TLS has no such TLV.</summary>
    public static bool TellsOf(ProxyTlvType type) => TlsTlvs.TypesOfSession.Contains(type);

    // A longer certificate fits neither into a TLV nor into a request header.
    private ReadOnlySpan<byte> CertificateThatFits() =>
        certificate is { RawDataMemory: { Length: <= short.MaxValue } der } ? der.Span : default;
}
