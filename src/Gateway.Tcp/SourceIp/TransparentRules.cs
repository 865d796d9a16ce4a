using System.Net;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.SourceIp;

/// <summary>
/// Decides whether a connection to a destination can come from the client's own address at all. The kernel reports most of these cases late
/// (by a timeout), or never.
/// </summary>
internal static class TransparentRules
{
    /// <summary>Whether the client's address can be the source of a connection to <paramref name="destination"/>.</summary>
    public static bool CanBind(ConnectionIdentity identity, IPAddress destination)
    {
        var client = identity.Client.Address;
        if (client.AddressFamily != destination.AddressFamily)
        {
            return false;
        }

        if (IPAddress.IsLoopback(client))
        {
            // Packets with a loopback source never leave the machine, so the connect would time out.
            return IPAddress.IsLoopback(destination);
        }

        // A link-local source does not get beyond its link: an IPv6 address cannot even be bound without a zone, and no router forwards an
        // IPv4 address (169.254.0.0/16).
        if (client.IsIPv6LinkLocal || (IsLinkLocalV4(client) && !IsLinkLocalV4(destination)))
        {
            return false;
        }

        // If a backend gets its own address as the source, it answers itself, and the connect times out (measured). The address that the
        // client connected to is the gateway's own, so as a source it would say nothing about the client.
        return !client.Equals(destination) && !client.Equals(identity.Local.Address);
    }

    private static bool IsLinkLocalV4(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var length) && length == 4 && bytes[0] == 169 && bytes[1] == 254;
    }
}
