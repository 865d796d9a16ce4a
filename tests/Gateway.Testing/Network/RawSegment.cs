using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing.Network;

/// <summary>One TCP segment that no connection has sent: from any port of an address of a namespace, with any flags, over IPv4 or IPv6.</summary>
public static class RawSegment
{
    /// <summary>The flag.</summary>
    public const byte Fin = 1;

    /// <summary>The flag.</summary>
    public const byte Syn = 2;

    /// <summary>The flag.</summary>
    public const byte Ack = 16;

    /// <summary>Sends it.</summary>
    public static void Send(NetworkNamespace inside, IPEndPoint from, IPEndPoint to, byte flags)
    {
        using var socket = inside.Run(() => new Socket(from.AddressFamily, SocketType.Raw, ProtocolType.Tcp));
        socket.Bind(new IPEndPoint(from.Address, 0));
        var segment = new byte[20];
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)to.Port);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), 1);
        segment[12] = 5 << 4;
        segment[13] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), ushort.MaxValue);
        byte[] pseudo = [.. from.Address.GetAddressBytes(), .. to.Address.GetAddressBytes(), 0, 6, 0, (byte)segment.Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), Checksum([.. pseudo, .. segment]));
        socket.SendTo(segment, new IPEndPoint(to.Address, 0));
    }

    // RFC 9293 3.1; the pseudo header's zeros between its fields do not change a sum.
    private static ushort Checksum(byte[] bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(i));
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
