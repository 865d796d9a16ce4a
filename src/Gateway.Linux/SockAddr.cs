using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <summary>
/// struct sockaddr_in or sockaddr_in6, by value: family and port, then 4 bytes of IPv4; or flow, 16 bytes of IPv6 and scope.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal unsafe struct SockAddr
{
    internal const int Size = 28;
    internal const ushort InterNetwork = 2;
    internal const ushort InterNetworkV6 = 10;
    private const int V4Length = 16;

    private fixed byte _bytes[Size];

    internal readonly ushort Family => Unsafe.ReadUnaligned<ushort>(ref Unsafe.AsRef(in _bytes[0]));

    internal readonly uint Length => Family == InterNetworkV6 ? (uint)Size : V4Length;

    /// <summary>Converts an endpoint for the kernel; v4-mapped addresses stay IPv6.</summary>
    internal static SockAddr From(IPEndPoint endPoint)
    {
        SockAddr result = default;
        var span = new Span<byte>(result._bytes, Size);
        var v6 = endPoint.AddressFamily == AddressFamily.InterNetworkV6;
        MemoryMarshal.Write(span, v6 ? InterNetworkV6 : InterNetwork);
        BinaryPrimitives.WriteUInt16BigEndian(span[2..], (ushort)endPoint.Port);
        _ = endPoint.Address.TryWriteBytes(v6 ? span[8..] : span[4..], out _);
        if (v6 && endPoint.Address.ScopeId != 0)
        {
            MemoryMarshal.Write(span[24..], (uint)endPoint.Address.ScopeId);
        }

        return result;
    }

    /// <summary>Converts to an endpoint; v4-mapped addresses become IPv4.</summary>
    internal readonly IPEndPoint ToIPEndPoint()
    {
        fixed (byte* first = _bytes)
        {
            var span = new ReadOnlySpan<byte>(first, Size);
            int port = BinaryPrimitives.ReadUInt16BigEndian(span[2..]);
            if (Family != InterNetworkV6)
            {
                return new IPEndPoint(new IPAddress(span.Slice(4, 4)), port);
            }

            var address = span.Slice(8, 16);
            ReadOnlySpan<byte> mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
            return address.StartsWith(mapped)
                ? new IPEndPoint(new IPAddress(address[12..]), port)
                : new IPEndPoint(new IPAddress(address, MemoryMarshal.Read<uint>(span[24..])), port);
        }
    }
}
