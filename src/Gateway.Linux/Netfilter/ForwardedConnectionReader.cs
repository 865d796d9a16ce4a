using System.Buffers.Binary;
using System.Net;

namespace Gateway.Linux.Netfilter;

/// <summary>Reads one connection of conntrack: linux/netfilter/nfnetlink_conntrack.h.</summary>
internal static class ForwardedConnectionReader
{
    // CTA_COUNTERS_ORIG, CTA_COUNTERS_REPLY and in them CTA_COUNTERS_BYTES; CTA_ID; CTA_TIMESTAMP and in it CTA_TIMESTAMP_START.
    private const int CountersOriginal = 9;
    private const int CountersReply = 10;
    private const int CountersBytes = 2;
    private const int Number = 12;
    private const int Timestamp = 20;
    private const int TimestampStart = 1;
    private const long NanosecondsPerTick = 100;

    /// <summary>Reads the attributes of a connection.</summary>
    /// <returns>Null: they are not whole.</returns>
    public static ForwardedConnection? TryRead(ReadOnlySpan<byte> attributes)
    {
        var original = ConntrackTable.Find(attributes, ConntrackTable.TupleOriginal);
        var reply = ConntrackTable.Find(attributes, ConntrackTable.TupleReply);
        var number = ConntrackTable.Find(attributes, Number);
        return EndOf(original, isSource: true) is { } client
            && EndOf(original, isSource: false) is { } destination
            && EndOf(reply, isSource: true) is { } backend
                ? new ForwardedConnection(
                    number.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32BigEndian(number) : 0,
                    client,
                    destination,
                    backend,
                    Long(ConntrackTable.Find(ConntrackTable.Find(attributes, CountersOriginal), CountersBytes)),
                    Long(ConntrackTable.Find(ConntrackTable.Find(attributes, CountersReply), CountersBytes)),
                    Long(ConntrackTable.Find(ConntrackTable.Find(attributes, Timestamp), TimestampStart)) is > 0 and var nanoseconds
                        ? DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / NanosecondsPerTick)
                        : null)
                : null;
    }

    // CTA_TUPLE_IP (1): CTA_IP_V4_SRC (1), CTA_IP_V4_DST (2), CTA_IP_V6_SRC (3), CTA_IP_V6_DST (4). CTA_TUPLE_PROTO (2): CTA_PROTO_SRC_PORT
    // (2), CTA_PROTO_DST_PORT (3).
    private static IPEndPoint? EndOf(ReadOnlySpan<byte> tuple, bool isSource)
    {
        var ip = ConntrackTable.Find(tuple, 1);
        var address = ConntrackTable.Find(ip, isSource ? 1 : 2) is { Length: 4 } v4 ? v4 : ConntrackTable.Find(ip, isSource ? 3 : 4);
        var port = ConntrackTable.Find(ConntrackTable.Find(tuple, 2), isSource ? 2 : 3);
        return address.Length is 4 or 16 && port.Length == sizeof(ushort)
            ? new IPEndPoint(new IPAddress(address), BinaryPrimitives.ReadUInt16BigEndian(port))
            : null;
    }

    private static long? Long(ReadOnlySpan<byte> bytes) =>
        bytes.Length == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(bytes) : null;
}
