using System.Net;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tcp.Identification;

/// <summary>
/// Who is at the other end of an accepted connection: derived once, immutable, and read by everything that speaks of the client (access
/// log, X-Forwarded-For, PROXY header out, transparent bind, client CIDRs). All addresses are unmapped (no ::ffff:a.b.c.d),
/// and those of the client and the peer have no zone (no fe80::1%eth0).
/// </summary>
public sealed record ConnectionIdentity
{
    /// <summary>The client: from the header that was believed, else the peer.</summary>
    public required IPEndPoint Client { get; init; }

    /// <summary>The other end of our accepted socket: the client itself, or a proxy in front of us.</summary>
    public required IPEndPoint Peer { get; init; }

    /// <summary>Our end of the accepted socket.</summary>
    public required IPEndPoint Local { get; init; }

    /// <summary>The destination that the header named; forwarded, logged and matched, never dialed. Null if none did.</summary>
    public IPEndPoint? OriginalDestination { get; init; }

    /// <summary>How <see cref="Client"/> was learned.</summary>
    public required IdentitySource Source { get; init; }

    /// <summary>The TLV bytes of a believed version 2 header, as they came (a checksum TLV included); empty if none.</summary>
    public ReadOnlyMemory<byte> Tlvs { get; init; }

    /// <summary>What the client's ClientHello says, also of TLS that does not end here; null: none was read.</summary>
    public ClientHello? Hello { get; init; }

    /// <summary>The TLS that ended here; null: none did.</summary>
    public TlsSession? Tls { get; init; }
}
