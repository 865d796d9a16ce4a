using System.Buffers.Binary;
using System.Net;

namespace Gateway.ProxyProtocol;

/// <summary>
/// An IPv4 or IPv6 address with a port, stored as numbers so that reading a header allocates nothing. The default value has no address.
/// </summary>
public readonly record struct ProxyEndPoint
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;

    // The numbers of the address. An IPv4 address is the low 32 bits of _low.
    private readonly ulong _high;
    private readonly ulong _low;

    private ProxyEndPoint(ProxyAddressFamily family, ulong high, ulong low, ushort port)
    {
        (Family, _high, _low, Port) = (family, high, low, port);
    }

    /// <summary>Inet, Inet6, or Unspecified (no address).</summary>
    public ProxyAddressFamily Family { get; }

    /// <summary>The port.</summary>
    public ushort Port { get; }

    /// <summary>The length of the address on the wire, in bytes: 4, 16 or 0.</summary>
    public int AddressLength => Family switch { ProxyAddressFamily.Inet => 4, ProxyAddressFamily.Inet6 => 16, _ => 0 };

    /// <summary>
    /// Whether address and port are all zero. Senders that have no address write this (Varnish, for clients on a unix socket).
    /// </summary>
    public bool IsAllZero => AddressLength > 0 && _high == 0 && _low == 0 && Port == 0;

    /// <summary>Whether this is an IPv6 address of the form ::ffff:a.b.c.d.</summary>
    public bool IsIPv4Mapped => Family == ProxyAddressFamily.Inet6 && _high == 0 && (_low & 0xFFFF_FFFF_0000_0000) == MappedPrefix;

    /// <summary>
    /// Whether a client can have this address. False for unspecified (0.0.0.0, ::), multicast and 255.255.255.255, and for the v4-mapped
    /// form of these, because a bind to such an address may succeed, and the client's identity would silently be lost.
    /// </summary>
    public bool CanBeSource
    {
        get
        {
            var end = Unmap();
            return end.Family switch
            {
                ProxyAddressFamily.Inet => end._low is not (0 or 0xFFFF_FFFF) && (end._low >> 28) != 0xE,
                ProxyAddressFamily.Inet6 => (end._high | end._low) != 0 && (end._high >> 56) != 0xFF,
                _ => false,
            };
        }
    }

    /// <summary>An IPv4 endpoint.</summary>
    /// <param name="address">The address in host order: 127.0.0.1 is 0x7F000001.</param>
    /// <param name="port">The port.</param>
    public static ProxyEndPoint FromIPv4(uint address, ushort port) => new(ProxyAddressFamily.Inet, 0, address, port);

    /// <summary>An IPv6 endpoint; a v4-mapped address stays IPv6.</summary>
    /// <param name="address">The 16 bytes of the address in network order.</param>
    /// <param name="port">The port.</param>
    /// <exception cref="ArgumentException">The address does not have 16 bytes.</exception>
    public static ProxyEndPoint FromIPv6(ReadOnlySpan<byte> address, ushort port)
    {
        if (address.Length != 16)
        {
            throw new ArgumentException("An IPv6 address has 16 bytes.", nameof(address));
        }

        var high = BinaryPrimitives.ReadUInt64BigEndian(address);
        return new(ProxyAddressFamily.Inet6, high, BinaryPrimitives.ReadUInt64BigEndian(address[8..]), port);
    }

    /// <summary>The same address with another port.</summary>
    /// <param name="port">The port.</param>
    public ProxyEndPoint WithPort(ushort port) => new(Family, _high, _low, port);

    /// <summary>Converts an endpoint of the platform. A zone (scope id) is dropped, because a header cannot carry it.</summary>
    public static ProxyEndPoint From(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Span<byte> bytes = stackalloc byte[16];
        endPoint.Address.TryWriteBytes(bytes, out var written);
        return written == 4
            ? FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(bytes), (ushort)endPoint.Port)
            : FromIPv6(bytes, (ushort)endPoint.Port);
    }

    /// <summary>Converts to an endpoint of the platform (allocates); a v4-mapped address stays IPv6.</summary>
    /// <exception cref="InvalidOperationException">There is no address: <see cref="Family"/> is Unspecified.</exception>
    public IPEndPoint ToIPEndPoint() => new(ToIPAddress(), Port);

    /// <summary>Converts to an address of the platform (allocates); a v4-mapped address stays IPv6.</summary>
    /// <exception cref="InvalidOperationException">There is no address: <see cref="Family"/> is Unspecified.</exception>
    public IPAddress ToIPAddress()
    {
        if (AddressLength == 0)
        {
            throw new InvalidOperationException("The endpoint has no address.");
        }

        Span<byte> bytes = stackalloc byte[AddressLength];
        WriteAddress(bytes);
        return new IPAddress(bytes);
    }

    /// <summary>Converts a v4-mapped endpoint to IPv4; any other endpoint stays as it is.</summary>
    public ProxyEndPoint Unmap() => IsIPv4Mapped ? FromIPv4((uint)_low, Port) : this;

    /// <summary>Converts an IPv4 endpoint to its v4-mapped form; any other endpoint stays as it is.</summary>
    public ProxyEndPoint MapToIPv6() =>
        Family == ProxyAddressFamily.Inet ? new(ProxyAddressFamily.Inet6, 0, MappedPrefix | _low, Port) : this;

    /// <summary>Writes the address in network order.</summary>
    /// <param name="destination">At least <see cref="AddressLength"/> bytes.</param>
    /// <returns><see cref="AddressLength"/>.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public int WriteAddress(Span<byte> destination)
    {
        if (destination.Length < AddressLength)
        {
            throw new ArgumentException("The destination is shorter than the address.", nameof(destination));
        }

        if (Family == ProxyAddressFamily.Inet)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
        }
        else if (Family == ProxyAddressFamily.Inet6)
        {
            BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
            BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        }

        return AddressLength;
    }

    /// <summary><c>192.0.2.1:80</c>, <c>[2001:db8::1]:80</c> or <c>-</c>.</summary>
    public override string ToString() => AddressLength == 0 ? "-" : ToIPEndPoint().ToString();
}
