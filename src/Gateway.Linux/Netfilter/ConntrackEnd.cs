using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Linux.Netfilter;

/// <summary>An address and a port as conntrack writes them. Comparing thousands of them takes no memory.</summary>
internal readonly record struct ConntrackEnd(UInt128 Address, bool IsV6, ushort Port)
{
    /// <summary>Makes it of an end point.</summary>
    public static ConntrackEnd From(IPEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[16];
        endPoint.Address.TryWriteBytes(bytes, out var length);
        return new ConntrackEnd(Number(bytes[..length]), endPoint.AddressFamily == AddressFamily.InterNetworkV6, (ushort)endPoint.Port);
    }

    /// <summary>Reads one side of a tuple; null: it is not whole.</summary>
    public static ConntrackEnd? TryRead(ReadOnlySpan<byte> tuple, bool isSource)
    {
        // CTA_TUPLE_IP (1): CTA_IP_V4_SRC (1), CTA_IP_V4_DST (2), CTA_IP_V6_SRC (3), CTA_IP_V6_DST (4). CTA_TUPLE_PROTO (2):
        // CTA_PROTO_SRC_PORT (2), CTA_PROTO_DST_PORT (3).
        var ip = ConntrackTable.Find(tuple, 1);
        var address = ConntrackTable.Find(ip, isSource ? 1 : 2) is { Length: 4 } v4 ? v4 : ConntrackTable.Find(ip, isSource ? 3 : 4);
        var port = ConntrackTable.Find(ConntrackTable.Find(tuple, 2), isSource ? 2 : 3);
        return address.Length is 4 or 16 && port.Length == sizeof(ushort)
            ? new ConntrackEnd(Number(address), address.Length == 16, BinaryPrimitives.ReadUInt16BigEndian(port))
            : null;
    }

    /// <summary>The address as an object.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        return new IPAddress(IsV6 ? bytes : bytes[12..]);
    }

    /// <summary>The end as an object.</summary>
    public IPEndPoint ToIPEndPoint() => new(ToIPAddress(), Port);

    private static UInt128 Number(ReadOnlySpan<byte> address) => address.Length == 16
        ? BinaryPrimitives.ReadUInt128BigEndian(address)
        : BinaryPrimitives.ReadUInt32BigEndian(address);
}
