using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.ProxyProtocol;

namespace Gateway.Tcp.Identification.Toa;

/// <summary>
/// A TCP option that names a client, in the form of the configuration: <c>254/8</c> is kind 254 with a length of 8 bytes, kind and length
/// included. No registry defines the content of these options. The length alone tells the content:
/// <list type="bullet">
/// <item>8: port and IPv4 address, both in network order (LVS, DPVS, the toa kernel modules);</item>
/// <item>20: port and IPv6 address;</item>
/// <item>7: a version, which is 1, and an IPv4 address without a port (an Alibaba CDN's).</item>
/// </list>
/// </summary>
/// <param name="Kind">The option's kind.</param>
/// <param name="Length">The option's length in bytes on the wire: 7, 8 or 20.</param>
public readonly record struct ToaFormat(byte Kind, byte Length)
{
    /// <summary>The rule for valid texts, for messages about an invalid text.</summary>
    public const string Rule =
        "must be KIND/LENGTH: a kind from 9 to 254 that the kernel does not use itself, and 8 (port, IPv4), 20 (port, IPv6) or 7 "
            + "(version, IPv4)";

    private const byte LengthV4 = 8;
    private const byte LengthV6 = 20;
    private const byte LengthVersionedV4 = 7;
    private const byte Version = 1;

    // The value follows one byte of kind and one byte of length.
    private const int ValueOffset = 2;

    /// <summary>The family of the addresses that the option can carry.</summary>
    public AddressFamily Family => Length == LengthV6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    /// <summary>Whether the option carries the port too.</summary>
    public bool HasPort => Length != LengthVersionedV4;

    /// <summary>Reads <c>KIND/LENGTH</c>; false for any other text, see <see cref="Rule"/>.</summary>
    public static bool TryParse(string? text, out ToaFormat format)
    {
        format = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0
            || !byte.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var kind)
            || !byte.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            return false;
        }

        format = new ToaFormat(kind, length);
        return length is LengthV4 or LengthV6 or LengthVersionedV4 && !IsKernels(kind);
    }

    /// <summary>Reads the client from a value (without kind and length); false if the value has another layout.</summary>
    internal bool TryRead(ReadOnlySpan<byte> value, out ProxyEndPoint client)
    {
        client = default;
        if (value.Length != Length - ValueOffset)
        {
            return false;
        }

        switch (Length)
        {
            case LengthV4:
                client = ProxyEndPoint.FromIPv4(
                    BinaryPrimitives.ReadUInt32BigEndian(value[2..]),
                    BinaryPrimitives.ReadUInt16BigEndian(value));
                return true;
            case LengthV6:
                client = ProxyEndPoint.FromIPv6(value[2..], BinaryPrimitives.ReadUInt16BigEndian(value));
                return true;
            case LengthVersionedV4 when value[0] == Version:
                client = ProxyEndPoint.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(value[1..]), 0);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes the whole option for a client, whose family must be <see cref="Family"/>.</summary>
    internal byte[] Write(IPEndPoint client)
    {
        var option = new byte[Length];
        (option[0], option[1]) = (Kind, Length);
        if (HasPort)
        {
            BinaryPrimitives.WriteUInt16BigEndian(option.AsSpan(ValueOffset), (ushort)client.Port);
        }
        else
        {
            option[ValueOffset] = Version;
        }

        _ = client.Address.TryWriteBytes(option.AsSpan(HasPort ? ValueOffset + sizeof(ushort) : ValueOffset + 1), out _);
        return option;
    }

    // Kinds that the kernel uses itself: end, no-operation, MSS, window scale, SACK permitted, SACK and its predecessors, timestamps (up to
    // 8); MD5 (19), authentication (29), MPTCP (30), fast open (34). 28 (user timeout) is allowed, because Linux does not use 28 and some
    // proxies use it for the client's address. 255 is refused too.
    private static bool IsKernels(byte kind) => kind is <= 8 or 19 or 29 or 30 or 34 or byte.MaxValue;
}
