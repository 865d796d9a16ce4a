using System.Net;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.SourceIp;

/// <summary>
/// Whether a connection to a destination can come from the client's own address at all: what the kernel would not say in time, or never.
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
            // A loopback source never leaves the machine, and its answer never comes back: the connect would time out.
            return IPAddress.IsLoopback(destination);
        }

        // Nor does a link-local source get beyond its link: IPv6 cannot even be bound without a zone, and IPv4 (169.254.0.0/16) is routed
        // by nobody.
        if (client.IsIPv6LinkLocal || (IsLinkLocalV4(client) && !IsLinkLocalV4(destination)))
        {
            return false;
        }

        // A backend that gets its own address as the source answers itself, and the connect times out (measured). The address that the
        // client connected to is
        // ours: as a source it says nothing about a client.
        return !client.Equals(destination) && !client.Equals(identity.Local.Address);
    }

    private static bool IsLinkLocalV4(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var length) && length == 4 && bytes[0] == 169 && bytes[1] == 254;
    }
}
