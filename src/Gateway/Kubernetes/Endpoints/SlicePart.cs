using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>What one slice says of one port of a Service. Made when the slice changes. Immutable.</summary>
internal sealed class SlicePart
{
    /// <summary>The family of all addresses.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>The endpoints that get new connections.</summary>
    public required IPEndPoint[] Ready { get; init; }

    /// <summary>Those of them that are meant for the gateway's zone; null: some have no hints, or the zone is not known.</summary>
    public required IPEndPoint[]? InZone { get; init; }

    /// <summary>The endpoints that are about to go but still take connections.</summary>
    public required IPEndPoint[] LastResort { get; init; }

    /// <summary>Reads a slice.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="address">The port.</param>
    /// <param name="zone">The gateway's zone; null: not known.</param>
    /// <returns>Null: the slice has nothing for this port.</returns>
    public static SlicePart? Of(EndpointSlice slice, ServiceAddress address, string? zone)
    {
        var family = slice.AddressType switch
        {
            "IPv4" => AddressFamily.InterNetwork,
            "IPv6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        if (family == AddressFamily.Unspecified || PortOf(slice, address) is not { } port)
        {
            return null;
        }

        var (ready, inZone, last) = (new List<IPEndPoint>(), new List<IPEndPoint>(), new List<IPEndPoint>());
        var isHinted = zone is not null;
        foreach (var endpoint in slice.Endpoints ?? [])
        {
            if (endpoint?.Addresses is not [var text, ..] || !IPAddress.TryParse(text, out var ip) || ip.AddressFamily != family)
            {
                continue;
            }

            if (endpoint.IsReady)
            {
                var known = new IPEndPoint(ip, port);
                ready.Add(known);
                isHinted &= endpoint.Hints?.ForZones is { Count: > 0 };
                if (endpoint.Hints?.ForZones?.Any(hint => hint?.Name == zone) == true)
                {
                    inZone.Add(known);
                }
            }
            else if (endpoint.IsLastResort)
            {
                last.Add(new IPEndPoint(ip, port));
            }
        }

        return new SlicePart { Family = family, Ready = [.. ready], InZone = isHinted ? [.. inZone] : null, LastResort = [.. last] };
    }

    // A number is the port of the pods: the slice has no other. A slice without ports stands for all ports.
    private static int? PortOf(EndpointSlice slice, ServiceAddress address)
    {
        var number = address.PortNumber;
        foreach (var port in slice.Ports ?? [])
        {
            if (port is { Protocol: null or "TCP" } && (number is null ? port.Name == address.Port : (port.Port ?? number) == number))
            {
                return port.Port ?? number;
            }
        }

        return slice.Ports is null ? number : null;
    }
}
