using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Networks;

/// <summary>
/// Normalizes the remote endpoint of an accepted socket: a v4-mapped address is unmapped, and the zone is removed. The zone of a link-local
/// address names an interface of this host. It means nothing to a backend, it breaks X-Forwarded-For, and an address with a zone is not
/// equal to the same address from a header.
/// </summary>
public static class PeerEndPoint
{
    /// <summary>Normalizes an endpoint.</summary>
    /// <param name="endPoint">The endpoint as the socket reports it. If it is not an IP endpoint, the result is 255.255.255.255:0.</param>
    public static IPEndPoint Of(EndPoint? endPoint)
    {
        var ip = endPoint as IPEndPoint ?? new IPEndPoint(IPAddress.None, 0);
        return ip.AddressFamily != AddressFamily.InterNetworkV6 ? ip
            : ip.Address.IsIPv4MappedToIPv6 ? Unmap(ip)
            : ip.Address.ScopeId != 0 ? new IPEndPoint(WithoutZone(ip.Address), ip.Port)
            : ip;
    }

    /// <summary>Turns a v4-mapped endpoint into the IPv4 endpoint. Any other endpoint stays as it is, with its zone.</summary>
    internal static IPEndPoint Unmap(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;

    private static IPAddress WithoutZone(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return new IPAddress(bytes);
    }
}
