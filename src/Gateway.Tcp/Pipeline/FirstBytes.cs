using System.Buffers;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// The bytes that a backend gets before the relay: a PROXY header and the bytes behind the header. They are sent in one piece, because some
/// backends (nginx, HAProxy) look only at the first segment and must find the whole header there. The buffer is pooled: call Return.
/// </summary>
internal readonly record struct FirstBytes(byte[] Buffer, int HeaderLength, int Length)
{
    /// <summary>The header and the bytes behind the header.</summary>
    public ReadOnlyMemory<byte> Data => Buffer.AsMemory(0, Length);

    /// <summary>Writes a header and then the given bytes into a pooled buffer.</summary>
    public static FirstBytes WithHeader(ConnectionRecord record, ReadOnlySpan<byte> behind, DialMetrics metrics)
    {
        var route = record.Route!;
        var identity = record.Identity!;
        var added = route.SourceIp.AddTlvs?.Write(identity.Client, ConnectionIds.Of(record.Id)) ?? [];
        var announced = TlsTlvs.Announce(identity, route.SourceIp, added);
        var longest = announced is null
            ? SourceHeader.MaxLength(identity, route.SourceIp, added.Length)
            : SourceHeader.MaxLength(announced, route.SourceIp);
        var buffer = ArrayPool<byte>.Shared.Rent(longest + behind.Length);
        var header = announced is null
            ? SourceHeader.Write(buffer, identity, route.SourceIp, added, out var leftOut)
            : SourceHeader.Write(buffer, announced, route.SourceIp, out leftOut);
        metrics.TlvsLeftOut(route.Cluster.Name, leftOut);
        behind.CopyTo(buffer.AsSpan(header));
        return new FirstBytes(buffer, header, header + behind.Length);
    }

    /// <summary>Gives the buffer back, and counts the header if the header was sent completely.</summary>
    public void Return(ConnectionRecord record, int sent, DialMetrics metrics)
    {
        ArrayPool<byte>.Shared.Return(Buffer);
        if (sent >= HeaderLength)
        {
            metrics.HeaderSent(record.Route!.Cluster.Name, record.Route.SourceIp.Version);
        }
    }
}
