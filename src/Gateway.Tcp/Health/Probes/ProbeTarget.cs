using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Health.Probes;

/// <summary>What is checked, and how.</summary>
/// <param name="Address">An address of the destination.</param>
/// <param name="Destination">The destination.</param>
/// <param name="Rules">The rules of the check.</param>
/// <param name="Tls">How TLS to the destination is begun; null: in clear.</param>
internal readonly record struct ProbeTarget(IPEndPoint Address, DestinationModel Destination, HealthCheckModel Rules, IClientTls? Tls)
{
    /// <summary>The address that the check connects to.</summary>
    public IPEndPoint CheckedAddress =>
        Rules.Probe.Port is { } port && port != Address.Port ? new IPEndPoint(Address.Address, port) : Address;
}
