using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Admission;

/// <summary>
/// The network that counts as one client: the prefix of an address, as an IPv6 prefix (of IPv4 in the form ::ffff:a.b.c.d), and its length.
/// </summary>
internal readonly record struct ClientNetwork(ulong High, ulong Low, byte Length)
{
    private const int BitsBeforeIPv4 = 96;

    /// <summary>The client of an address. A v4-mapped address counts as IPv4.</summary>
    public static ClientNetwork Of(IPAddress address, ClientRules rules)
    {
        Span<byte> bytes = stackalloc byte[16];
        int length;
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            bytes[10] = bytes[11] = 0xFF;
            address.TryWriteBytes(bytes[12..], out _);
            length = BitsBeforeIPv4 + rules.IPv4PrefixLength;
        }
        else
        {
            address.TryWriteBytes(bytes, out _);
            length = address.IsIPv4MappedToIPv6 ? BitsBeforeIPv4 + rules.IPv4PrefixLength : rules.IPv6PrefixLength;
        }

        return new ClientNetwork(
            BinaryPrimitives.ReadUInt64BigEndian(bytes) & MaskOf(length),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & MaskOf(length - 64),
            (byte)length);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// HashCode has a random seed in each process. Otherwise a peer could choose addresses that all get the same hash code, and each
    /// look-up would search through all of them.
    /// </remarks>
    public override int GetHashCode() => HashCode.Combine(High, Low, Length);

    // A shift by 64 shifts by 0 in C#.
    private static ulong MaskOf(int length) => length <= 0 ? 0 : length >= 64 ? ulong.MaxValue : ulong.MaxValue << (64 - length);
}
