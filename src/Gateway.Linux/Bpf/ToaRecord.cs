using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Linux.Bpf;

/// <summary>The record that the gateway and its eBPF program share for one socket: struct toa of toa.bpf.c, byte for byte.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal unsafe struct ToaRecord
{
    /// <summary>The size of the record in bytes.</summary>
    internal const int Size = 108;

    /// <summary>The longest option that can be written: kind, length, port and an IPv6 address.</summary>
    internal const int MaxOptionBytes = 20;

    /// <summary>The most bytes of options in a TCP header.</summary>
    internal const int MaxOptionsBytes = 40;

    private const byte RoleWrite = 1;
    private const byte RoleRead = 2;
    private const byte StateSent = 1;

    private byte _role;
    private readonly byte _state;
    private byte _length;
    private byte _carriers;
    private fixed byte _option[MaxOptionBytes];
    private readonly byte _ackLength;
    private readonly byte _dataLength;
    private fixed byte _unused[2];
    private fixed byte _ack[MaxOptionsBytes];
    private fixed byte _data[MaxOptionsBytes];

    /// <summary>Whether the SYN went out with the option.</summary>
    internal readonly bool IsSent => _state == StateSent;

    /// <summary>Asks for an option to be written, at most <see cref="MaxOptionBytes"/> bytes.</summary>
    internal static ToaRecord ToWrite(ReadOnlySpan<byte> option)
    {
        var record = new ToaRecord { _role = RoleWrite, _length = (byte)option.Length };
        option.CopyTo(MemoryMarshal.CreateSpan(ref record._option[0], MaxOptionBytes));
        return record;
    }

    /// <summary>Asks for the options of segments to be kept.</summary>
    internal static ToaRecord ToRead(ToaSegments segments) => new() { _role = RoleRead, _carriers = (byte)segments };

    /// <summary>Copies the kept options of exactly one segment, and returns their length.</summary>
    internal readonly int CopyOptions(ToaSegments segment, Span<byte> destination)
    {
        // The eBPF program wrote the lengths; they are bounded nevertheless.
        var isAck = segment == ToaSegments.Ack;
        var length = Math.Min(isAck ? _ackLength : _dataLength, Math.Min(MaxOptionsBytes, destination.Length));
        ref readonly var first = ref isAck ? ref _ack[0] : ref _data[0];
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef(in first), length).CopyTo(destination);
        return length;
    }
}
