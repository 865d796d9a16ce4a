using System.Net;
using System.Net.Sockets;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>
/// Merges the slices of a Service, as kube-proxy does:
/// 1. Endpoints that are ready get connections. If none is, those that are about to go and still take connections do.
/// 2. If every ready endpoint has zone hints, and some are for the gateway's zone, those get all connections. Otherwise the hints do not
/// count, because no zone may be without endpoints.
/// 3. Each family is a Service of its own in this, because a transparent connection needs the client's family.
/// An address counts once, also while its endpoint moves from one slice to another, or if a slice has it twice.
/// Not safe from several threads.
/// </summary>
internal sealed class SliceMerge
{
    // Kept, because a Service may have thousands of endpoints and change many times a second.
    private readonly HashSet<IPEndPoint> _seen = [];
    private readonly List<IPEndPoint> _merged = [];

    /// <summary>The addresses that get new connections: IPv4 first, in the order of the slices.</summary>
    public IPEndPoint[] Merge(IReadOnlyCollection<SlicePart> parts)
    {
        Add(parts, AddressFamily.InterNetwork);
        Add(parts, AddressFamily.InterNetworkV6);
        IPEndPoint[] merged = [.. _merged];
        _merged.Clear();
        _seen.Clear();
        return merged;
    }

    private void Add(IEnumerable<SlicePart> parts, AddressFamily family)
    {
        var own = parts.Where(part => part.Family == family).ToArray();
        var ready = own.Any(static part => part.Ready.Length > 0);
        var inZone = own.Any(static part => part.InZone is { Length: > 0 })
            && own.All(static part => part.InZone is not null || part.Ready.Length == 0);
        foreach (var part in own)
        {
            foreach (var address in inZone ? part.InZone ?? [] : ready ? part.Ready : part.LastResort)
            {
                if (_seen.Add(address))
                {
                    _merged.Add(address);
                }
            }
        }
    }
}
