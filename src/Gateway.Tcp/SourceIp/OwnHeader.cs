using System.Net;
using System.Net.Sockets;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.SourceIp;

/// <summary>
/// The PROXY header of a connection that the gateway opens for itself (health check, self-test), not for a client. In both versions it has
/// the command PROXY and the connection's own endpoints. Version 2 defines the command LOCAL for this case (specification, 2.2), but
/// RabbitMQ and Traffic Server close the connection on LOCAL, and ejabberd drops the bytes that follow LOCAL. Every backend takes PROXY.
/// </summary>
public static class OwnHeader
{
    /// <summary>The greatest length of the header, in bytes.</summary>
    public const int MaxLength = ProxyHeaderWriter.MaxV1Length;

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="version">V1 or V2.</param>
    /// <param name="socket">The connected socket.</param>
    /// <returns>The bytes written.</returns>
    public static int Write(Span<byte> destination, ProxyProtocolVersion version, Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return Write(destination, version, (IPEndPoint)socket.LocalEndPoint!, (IPEndPoint)socket.RemoteEndPoint!);
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="version">V1 or V2.</param>
    /// <param name="local">The connection's own endpoint.</param>
    /// <param name="remote">The endpoint that it was opened to.</param>
    /// <returns>The bytes written.</returns>
    public static int Write(Span<byte> destination, ProxyProtocolVersion version, IPEndPoint local, IPEndPoint remote)
    {
        var source = ProxyEndPoint.From(local);
        var target = ProxyEndPoint.From(remote);
        return version == ProxyProtocolVersion.V1
            ? ProxyHeaderWriter.WriteV1(destination, source, target)
            : ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, source, target, [], withChecksum: false);
    }

    /// <summary>A version 2 header of a given length. A NOOP TLV, which every reader skips, fills the header up.</summary>
    /// <param name="length">The length in bytes. The shortest header with a TLV has 31 bytes (IPv4) or 55 bytes (IPv6).</param>
    /// <param name="socket">The connected socket.</param>
    public static byte[] Pad(int length, Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var header = new byte[length];
        var shortest = Write(new byte[MaxLength], ProxyProtocolVersion.V2, socket);
        var noop = new byte[length - shortest];
        ProxyTlvWriter.Write(noop, ProxyTlvType.Noop, new byte[noop.Length - ProxyTlv.PrefixLength]);
        ProxyHeaderWriter.WriteV2(
            header,
            ProxyCommand.Proxy,
            ProxyEndPoint.From((IPEndPoint)socket.LocalEndPoint!),
            ProxyEndPoint.From((IPEndPoint)socket.RemoteEndPoint!),
            noop,
            withChecksum: false);
        return header;
    }
}
