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
        VisitForwarded(ports, destinations, static (_, _, _) => { });

    /// <summary>Takes a forwarded connection.</summary>
    /// <param name="client">The client.</param>
    /// <param name="destination">The address that the client connected to.</param>
    /// <param name="attributes">The rest, for <see cref="ForwardedConnectionReader"/>.</param>
    internal delegate void Visitor(ConntrackEnd client, ConntrackEnd destination, ReadOnlySpan<byte> attributes);

    /// <summary>Goes over the live TCP connections that were forwarded to any of these destinations. It makes no object for each.</summary>
    /// <param name="ports">The ports that clients connected to.</param>
    /// <param name="destinations">The destinations to which the kernel sent them.</param>
    /// <param name="visit">Takes each connection.</param>
    /// <returns>The number of all connections; null if the kernel does not answer.</returns>
    public static int? VisitForwarded(IReadOnlySet<int> ports, IReadOnlySet<IPEndPoint> destinations, Visitor visit)
    {
        ArgumentNullException.ThrowIfNull(ports);
        ArgumentNullException.ThrowIfNull(destinations);
        ArgumentNullException.ThrowIfNull(visit);
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
            return Syscalls.Send(fd, request) < 0 ? null : Walk(fd, ports, [.. destinations.Select(ConntrackEnd.From)], visit);
        }
        finally
        {
            descriptor.Release();
        }
    }

    private static int? Walk(int fd, IReadOnlySet<int> ports, HashSet<ConntrackEnd> destinations, Visitor visit)
    {
        // The kernel fills as much of this as it can (netlink_dump, at most 32 KiB), and nothing else runs on the core meanwhile.
        var buffer = new byte[8192];
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

                var attributes = size > HeaderBytes + FamilyBytes ? rest[(HeaderBytes + FamilyBytes)..size] : default;
                if (IsLive(attributes)
                    && ConntrackEnd.TryRead(Find(attributes, TupleOriginal), isSource: false) is { } destination
                    && ports.Contains(destination.Port)
                    && ConntrackEnd.TryRead(Find(attributes, TupleReply), isSource: true) is { } backend
                    && destinations.Contains(backend)
                    && ConntrackEnd.TryRead(Find(attributes, TupleOriginal), isSource: true) is { } client)
                {
                    count++;
                    visit(client, destination, attributes);
                }

                rest = rest[Math.Min(rest.Length, Netlink.Align(size))..];
            }

            // A large table takes a tenth of a second. A kernel that does not preempt would let this thread go on until its next tick, for
            // up to 4 ms, while an event loop waits for the core.
            Thread.Yield();
        }
    }

    private static bool IsLive(ReadOnlySpan<byte> attributes)
    {
        var status = Find(attributes, Status);
        if (status.Length < 4 || (BinaryPrimitives.ReadUInt32BigEndian(status) & DestinationRewritten) == 0)
        {
            return false;
        }

        // CTA_PROTOINFO_TCP (1), and in it CTA_PROTOINFO_TCP_STATE (1). Other protocols do not have these attributes.
        var state = Find(Find(Find(attributes, ProtocolInfo), 1), 1);
        return state.Length >= 1 && state[0] is >= FirstLiveState and <= LastLiveState;
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
