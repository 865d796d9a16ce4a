using System.Buffers.Binary;

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
        return ConntrackEnd.TryRead(original, isSource: true) is { } client
            && ConntrackEnd.TryRead(original, isSource: false) is { } destination
            && ConntrackEnd.TryRead(reply, isSource: true) is { } backend
                ? new ForwardedConnection(
                    number.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32BigEndian(number) : 0,
                    client.ToIPEndPoint(),
                    destination.ToIPEndPoint(),
                    backend.ToIPEndPoint(),
                    Long(ConntrackTable.Find(ConntrackTable.Find(attributes, CountersOriginal), CountersBytes)),
                    Long(ConntrackTable.Find(ConntrackTable.Find(attributes, CountersReply), CountersBytes)),
                    Long(ConntrackTable.Find(ConntrackTable.Find(attributes, Timestamp), TimestampStart)) is > 0 and var nanoseconds
                        ? DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / NanosecondsPerTick)
                        : null)
                : null;
    }

    private static long? Long(ReadOnlySpan<byte> bytes) =>
        bytes.Length == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(bytes) : null;
}
