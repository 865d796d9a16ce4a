using System.Buffers;

namespace Gateway.Tests.ProxyProtocol;

/// <summary>Cuts bytes into a sequence of several segments.</summary>
internal static class Segments
{
    /// <summary>A sequence cut at the given offsets (ascending; equal ones make empty segments).</summary>
    internal static ReadOnlySequence<byte> Cut(byte[] bytes, params int[] offsets)
    {
        Segment? first = null;
        Segment? last = null;
        var start = 0;
        foreach (var end in offsets.Append(bytes.Length))
        {
            // Each segment has memory of its own, so that reading past one cannot go unnoticed.
            var segment = new Segment(bytes[start..end], last);
            (first, last, start) = (first ?? segment, segment, end);
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    /// <summary>One segment per byte.</summary>
    internal static ReadOnlySequence<byte> ByteByByte(byte[] bytes) => Cut(bytes, [.. Enumerable.Range(1, Math.Max(0, bytes.Length - 1))]);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(byte[] bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
