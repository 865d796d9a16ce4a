using System.Buffers.Binary;
using System.Net;

namespace Gateway.Linux.Netfilter;

/// <summary>
/// The kernel's table of connections (conntrack), through netlink: linux/netfilter/nfnetlink_conntrack.h. Needs CAP_NET_ADMIN. For rare use
/// only, because the kernel copies the whole table for each question.
/// </summary>
internal static class ConntrackTable
{
    private const ushort GetConnections = 0x0101;
    private const ushort RequestDump = 0x301;
    private const ushort MessageError = 2;
    private const ushort MessageDone = 3;
    private const int HeaderBytes = Netlink.HeaderBytes;
    private const int FamilyBytes = 4;

    // struct nlattr: two bits of the type are flags.
    private const int AttributeTypeMask = 0x3fff;
    internal const int TupleOriginal = 1;
    internal const int TupleReply = 2;
    private const int Status = 3;
    private const int ProtocolInfo = 4;

    // IPS_DST_NAT: the destination was rewritten.
    private const uint DestinationRewritten = 1 << 5;

    // enum tcp_conntrack: SYN_SENT is 1, LAST_ACK is 6. In later states (TIME_WAIT, CLOSE) the connection has ended.
    private const int FirstLiveState = 1;
    private const int LastLiveState = 6;

    /// <summary>Counts the live TCP connections that were forwarded to any of these destinations.</summary>
    /// <param name="ports">The ports that clients connected to.</param>
    /// <param name="destinations">The destinations to which the kernel sent them.</param>
    /// <returns>The number; null if the kernel does not answer.</returns>
    public static int? CountForwarded(IReadOnlySet<int> ports, IReadOnlySet<IPEndPoint> destinations) =>
        FindForwarded(ports, destinations, found: null, most: 0);

    /// <summary>Finds the live TCP connections that were forwarded to any of these destinations.</summary>
    /// <param name="ports">The ports that clients connected to.</param>
    /// <param name="destinations">The destinations to which the kernel sent them.</param>
    /// <param name="found">Takes connections; null: they are only counted.</param>
    /// <param name="most">The most connections that <paramref name="found"/> takes.</param>
    /// <returns>The number of all connections; null if the kernel does not answer.</returns>
    public static int? FindForwarded(
        IReadOnlySet<int> ports, IReadOnlySet<IPEndPoint> destinations, ICollection<ForwardedConnection>? found, int most)
    {
        ArgumentNullException.ThrowIfNull(ports);
        ArgumentNullException.ThrowIfNull(destinations);
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var number = Netlink.Open(Netlink.Netfilter, isBlocking: true);
        if (number < 0)
        {
            return null;
        }

        using var descriptor = new FileDescriptor(number);
        var fd = descriptor.Hold();
        try
        {
            Span<byte> request = stackalloc byte[HeaderBytes + FamilyBytes];
            request.Clear();
            BitConverter.TryWriteBytes(request, request.Length);
            BitConverter.TryWriteBytes(request[4..], GetConnections);
            BitConverter.TryWriteBytes(request[6..], RequestDump);
            return Syscalls.Send(fd, request) < 0 ? null : Walk(fd, ports, destinations, found, most);
        }
        finally
        {
            descriptor.Release();
        }
    }

    private static int? Walk(
        int fd, IReadOnlySet<int> ports, IReadOnlySet<IPEndPoint> destinations, ICollection<ForwardedConnection>? found, int most)
    {
        // The kernel fills at most 32 KiB at a time (netlink_dump).
        var buffer = new byte[32768];
        var count = 0;
        while (true)
        {
            var length = Syscalls.Receive(fd, buffer);
            if (length <= 0)
            {
                return null;
            }

            for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, length); rest.Length >= HeaderBytes;)
            {
                var size = BitConverter.ToInt32(rest);
                var type = BitConverter.ToUInt16(rest[4..]);
                if (type == MessageDone)
                {
                    return count;
                }

                if (type == MessageError || size < HeaderBytes || size > rest.Length)
                {
                    return null;
                }

                if (size > HeaderBytes + FamilyBytes && IsForwarded(rest[(HeaderBytes + FamilyBytes)..size], ports, destinations))
                {
                    count++;
                    if (found?.Count < most && ForwardedConnectionReader.TryRead(rest[(HeaderBytes + FamilyBytes)..size]) is { } connection)
                    {
                        found.Add(connection);
                    }
                }

                rest = rest[Math.Min(rest.Length, Netlink.Align(size))..];
            }
        }
    }

    private static bool IsForwarded(ReadOnlySpan<byte> attributes, IReadOnlySet<int> ports, IReadOnlySet<IPEndPoint> destinations)
    {
        var status = Find(attributes, Status);
        if (status.Length < 4 || (BinaryPrimitives.ReadUInt32BigEndian(status) & DestinationRewritten) == 0)
        {
            return false;
        }

        // CTA_PROTOINFO_TCP (1), and in it CTA_PROTOINFO_TCP_STATE (1). Other protocols do not have these attributes.
        var state = Find(Find(Find(attributes, ProtocolInfo), 1), 1);
        if (state.Length < 1 || state[0] is < FirstLiveState or > LastLiveState)
        {
            return false;
        }

        // CTA_TUPLE_PROTO (2): CTA_PROTO_SRC_PORT (2), CTA_PROTO_DST_PORT (3). CTA_TUPLE_IP (1): CTA_IP_V4_SRC (1), CTA_IP_V6_SRC (3).
        var clientsPort = Find(Find(Find(attributes, TupleOriginal), 2), 3);
        var reply = Find(attributes, TupleReply);
        var port = Find(Find(reply, 2), 2);
        var ip = Find(reply, 1);
        var address = Find(ip, 1) is { Length: 4 } v4 ? v4 : Find(ip, 3);
        return clientsPort.Length == 2 && port.Length == 2 && address.Length is 4 or 16
            && ports.Contains(BinaryPrimitives.ReadUInt16BigEndian(clientsPort))
            && destinations.Contains(new IPEndPoint(new IPAddress(address), BinaryPrimitives.ReadUInt16BigEndian(port)));
    }

    internal static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, int wanted)
    {
        while (attributes.Length >= 4)
        {
            int size = BitConverter.ToUInt16(attributes);
            var type = BitConverter.ToUInt16(attributes[2..]) & AttributeTypeMask;
            if (size < 4 || size > attributes.Length)
            {
                break;
            }

            if (type == wanted)
            {
                return attributes[4..size];
            }

            attributes = attributes[Math.Min(attributes.Length, Netlink.Align(size))..];
        }

        return default;
    }
}
