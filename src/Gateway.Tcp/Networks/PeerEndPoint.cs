using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Networks;

/// <summary>
/// The other end of an accepted socket, as everything here speaks of it: v4-mapped addresses unmapped, and without a zone. The zone of a
/// link-local address names an interface of this host, which means nothing to a backend, breaks X-Forwarded-For and compares unequal to the
/// same address from a header.
/// </summary>
public static class PeerEndPoint
{
    /// <summary>Makes one.</summary>
    /// <param name="endPoint">As the socket says it; what is no IP endpoint becomes an address of nobody.</param>
    public static IPEndPoint Of(EndPoint? endPoint)
    {
        var ip = endPoint as IPEndPoint ?? new IPEndPoint(IPAddress.None, 0);
        return ip.AddressFamily != AddressFamily.InterNetworkV6 ? ip
            : ip.Address.IsIPv4MappedToIPv6 ? Unmap(ip)
            : ip.Address.ScopeId != 0 ? new IPEndPoint(WithoutZone(ip.Address), ip.Port)
            : ip;
    }

    /// <summary>The IPv4 endpoint that a v4-mapped one stands for; any other as it is, with its zone.</summary>
    internal static IPEndPoint Unmap(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;

    private static IPAddress WithoutZone(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return new IPAddress(bytes);
    }
}
