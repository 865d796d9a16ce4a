using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.SourceIp;

/// <summary>
/// The PROXY header that a backend gets. It always has the command PROXY and real endpoints. A received LOCAL or UNKNOWN was about the hop
/// before the gateway, but the connection to the backend carries a client.
/// </summary>
internal static class SourceHeader
{
    // The TLVs of a cloud load balancer are far shorter; a listener's MaxHeaderBytes bounds the rest.
    private const int StackBytes = 512;

    /// <summary>An upper bound of the header's length in bytes.</summary>
    public static int MaxLength(ConnectionIdentity identity, SourceIpModel sourceIp, int addedLength = 0) =>
        sourceIp.Version == ProxyProtocolVersion.V1
            ? ProxyHeaderWriter.MaxV1Length
            : ProxyHeaderWriter.GetV2Length(ProxyAddressFamily.Inet6, identity.Tlvs.Length + addedLength, withChecksum: true);

    /// <summary>An upper bound of the length of an announcement's header, in bytes.</summary>
    public static int MaxLength(Announcement announced, SourceIpModel sourceIp) =>
        MaxLength(announced.Client, sourceIp, announced.Tlvs?.Length ?? 0);

    /// <summary>Writes the header, with the client as the source and the client's original destination as the destination.</summary>
    /// <param name="destination">At least <see cref="MaxLength(ConnectionIdentity, SourceIpModel, int)"/> bytes.</param>
    /// <param name="identity">The client, and the TLVs that came with its connection.</param>
    /// <param name="sourceIp">The version, and which TLVs are passed on.</param>
    /// <param name="added">
    /// The TLVs that <see cref="AddedTlvs.Write"/> made. They come first, so that received TLVs are left out if there is not enough room.
    /// </param>
    /// <param name="leftOut">
    /// The number of TLVs that were left out, because the header would be longer than <see cref="SourceIpModel.MaxHeaderBytes"/>.
    /// </param>
    /// <returns>The bytes written.</returns>
    public static int Write(
        Span<byte> destination, ConnectionIdentity identity, SourceIpModel sourceIp, ReadOnlySpan<byte> added, out int leftOut) =>
        Write(destination, identity, sourceIp, added, identity.Tlvs.Span, sourceIp.PassThroughTlvs, first: null, out leftOut);

    /// <summary>
    /// Writes the header of an announcement, with its TLVs as they are. If there is not enough room for all, the added TLVs stay.
    /// </summary>
    /// <param name="destination">At least <see cref="MaxLength(Announcement, SourceIpModel)"/> bytes.</param>
    /// <param name="announced">The client, and the TLVs.</param>
    /// <param name="sourceIp">The version, and the greatest length.</param>
    /// <param name="leftOut">The number of TLVs that found no room.</param>
    /// <returns>The bytes written.</returns>
    public static int Write(Span<byte> destination, Announcement announced, SourceIpModel sourceIp, out int leftOut) =>
        announced.Tlvs is { } ready
        ? Write(destination, announced.Client, sourceIp, added: default, ready.Span, ProxyTlvSet.All, sourceIp.FirstTlvs, out leftOut)
        : Write(destination, announced.Client, sourceIp, added: default, out leftOut);

    private static int Write(
        Span<byte> destination,
        ConnectionIdentity identity,
        SourceIpModel sourceIp,
        ReadOnlySpan<byte> added,
        ReadOnlySpan<byte> tlvs,
        ProxyTlvSet passed,
        ProxyTlvSet? first,
        out int leftOut)
    {
        leftOut = 0;
        var client = ProxyEndPoint.From(identity.Client);
        var target = ProxyEndPoint.From(identity.OriginalDestination ?? identity.Local);
        if (sourceIp.Version == ProxyProtocolVersion.V1)
        {
            return WriteV1(destination, client, target);
        }

        if (tlvs.IsEmpty)
        {
            return ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, client, target, added, withChecksum: false);
        }

        var family = client.Family == target.Family ? client.Family : ProxyAddressFamily.Inet6;
        var hasChecksum = ProxyTlvReader.TryFind(tlvs, ProxyTlvType.Crc32c, out _)
            && ProxyHeaderWriter.GetV2Length(family, added.Length, withChecksum: true) <= sourceIp.MaxHeaderBytes;
        var length = added.Length + tlvs.Length;
        var area = length <= StackBytes ? stackalloc byte[StackBytes] : new byte[length];
        added.CopyTo(area);
        var room = sourceIp.MaxHeaderBytes - ProxyHeaderWriter.GetV2Length(family, added.Length, hasChecksum);
        var kept = added.Length + passed.Copy(tlvs, area[added.Length..], room, out leftOut, first);
        return ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, client, target, area[..kept], hasChecksum);
    }

    // A client from X-Forwarded-For has no port. Version 1 cannot say so, because lighttpd, Dovecot, Exim and Traffic Server refuse port 0.
    private static int WriteV1(Span<byte> destination, ProxyEndPoint client, ProxyEndPoint target)
    {
        // No client connects from port 1.
        const ushort Unknown = 1;
        client = client.Port == 0 ? client.WithPort(Unknown) : client;
        target = target.Port == 0 ? target.WithPort(Unknown) : target;
        return ProxyHeaderWriter.WriteV1(destination, client, target);
    }
}
