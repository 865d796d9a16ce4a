using System.Net;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tcp.Identification;

/// <summary>
/// The client of an accepted connection and how its address was learned. Derived once and immutable. Every part that needs the client's
/// address reads it here (access log, X-Forwarded-For, PROXY header to the backend, transparent bind, client CIDRs). All addresses are
/// unmapped (no ::ffff:a.b.c.d), and the addresses of the client and the peer have no zone (no fe80::1%eth0).
/// </summary>
public sealed record ConnectionIdentity
{
    /// <summary>The client: the source in a trusted PROXY header or TCP option, otherwise the peer.</summary>
    public required IPEndPoint Client { get; init; }

    /// <summary>The remote address of the accepted socket: the client itself, or a proxy between the client and the gateway.</summary>
    public required IPEndPoint Peer { get; init; }

    /// <summary>The local address of the accepted socket, or the original destination if the kernel redirected the connection.</summary>
    public required IPEndPoint Local { get; init; }

    /// <summary>
    /// The destination in the PROXY header. It is passed on, logged and matched, but never dialed. Null if there was none.
    /// </summary>
    public IPEndPoint? OriginalDestination { get; init; }

    /// <summary>How <see cref="Client"/> was learned.</summary>
    public required IdentitySource Source { get; init; }

    /// <summary>The TLV bytes of a trusted version 2 header, unchanged (a checksum TLV included); empty if there are none.</summary>
    public ReadOnlyMemory<byte> Tlvs { get; init; }

    /// <summary>The content of the client's ClientHello, even if TLS does not end at the gateway; null: no ClientHello was read.</summary>
    public ClientHello? Hello { get; init; }

    /// <summary>The client's TLS session, if TLS ended at the gateway; null: TLS did not end here.</summary>
    public TlsSession? Tls { get; init; }
}
