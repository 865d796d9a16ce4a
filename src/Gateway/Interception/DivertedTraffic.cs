using System.Net;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>The connections that a route matches.</summary>
/// <param name="Ports">Their destination ports.</param>
/// <param name="Destinations">Their destination addresses; empty: any.</param>
internal sealed record DivertedTraffic(IReadOnlyList<PortRange> Ports, IReadOnlyList<IPNetwork> Destinations)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"TCP ports {string.Join(", ", Ports)}" + (Destinations.Count > 0 ? $" of {string.Join(", ", Destinations)}" : "");
}
