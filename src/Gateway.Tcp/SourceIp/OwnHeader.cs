using System.Net;
using System.Net.Sockets;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.SourceIp;

/// <summary>
/// The PROXY header of a connection that carries no client, but a question of ours: PROXY with the connection's own endpoints, in both
/// versions. Version 2 has LOCAL for it (specification, 2.2), but RabbitMQ and Traffic Server close on LOCAL and ejabberd swallows what
/// follows it, while every backend takes this.
/// </summary>
public static class OwnHeader
{
    /// <summary>The longest, in bytes.</summary>
    public const int MaxLength = ProxyHeaderWriter.MaxV1Length;

    /// <summary>Writes it.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="version">V1 or V2.</param>
    /// <param name="socket">Connected.</param>
    /// <returns>The bytes written.</returns>
    public static int Write(Span<byte> destination, ProxyProtocolVersion version, Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var source = ProxyEndPoint.From((IPEndPoint)socket.LocalEndPoint!);
        var target = ProxyEndPoint.From((IPEndPoint)socket.RemoteEndPoint!);
        return version == ProxyProtocolVersion.V1
            ? ProxyHeaderWriter.WriteV1(destination, source, target)
            : ProxyHeaderWriter.WriteV2(destination, ProxyCommand.Proxy, source, target, [], withChecksum: false);
    }

    /// <summary>A version 2 header of a certain length: the rest is a NOOP TLV, which every reader skips.</summary>
    /// <param name="length">In bytes; the shortest with a TLV in it has 31 (IPv4) or 55.</param>
    /// <param name="socket">Connected.</param>
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
