using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// The PROXY header that a backend gets. It always says PROXY with real endpoints: a received LOCAL or UNKNOWN was about the hop before us, and our
/// connection does carry somebody.
/// </summary>
internal static class SourceHeader
{
    // The TLVs of a cloud load balancer are far shorter; a listener's MaxHeaderBytes bounds the rest.
    private const int StackBytes = 512;

    /// <summary>An upper bound of the header's length in bytes.</summary>
    public static int MaxLength(ConnectionIdentity identity, SourceIpModel sourceIp) =>
        sourceIp.Version == ProxyProtocolVersion.V1
            ? ProxyHeaderWriter.MaxV1Length
            : ProxyHeaderWriter.GetV2Length(ProxyAddressFamily.Inet6, identity.Tlvs.Length, withChecksum: true);

    /// <summary>Writes it: the client as the source, what the client connected to as the destination.</summary>
    /// <returns>The bytes written.</returns>
    public static int Write(Span<byte> destination, ConnectionIdentity identity, SourceIpModel sourceIp)
    {
        var client = ProxyEndPoint.From(identity.Client);
        var target = ProxyEndPoint.From(identity.OriginalDestination ?? identity.Local);
        if (sourceIp.Version == ProxyProtocolVersion.V1)
        {
            return ProxyHeaderWriter.WriteV1(destination, client, target);
        }

        if (identity.Tlvs.IsEmpty)
        {
            return ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, client, target, [], withChecksum: false);
        }

        var hadChecksum = ProxyTlvReader.TryFind(identity.Tlvs.Span, ProxyTlvType.Crc32c, out _);
        var room = identity.Tlvs.Length <= StackBytes ? stackalloc byte[StackBytes] : new byte[identity.Tlvs.Length];
        var kept = sourceIp.PassThroughTlvs.Copy(identity.Tlvs.Span, room);
        return ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, client, target, room[..kept], hadChecksum);
    }
}
