using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;

namespace Gateway.Tcp.Dnat;

/// <summary>The addresses to which the kernel sends the connections of each destination now.</summary>
internal abstract class DnatTargets
{
    /// <summary>Placeholder addresses, for a check of the rules before names are looked up and before anything is changed.</summary>
    public static DnatTargets Placeholders { get; } = new PlaceholderTargets();

    /// <summary>
    /// The addresses for new connections of a family, in an order that does not depend on the name server. Empty: the destination is not
    /// healthy, has no address of the family, has weight 0 or is drained, or forwarding is off.
    /// </summary>
    public abstract IReadOnlyList<IPEndPoint> ForNew(DestinationModel destination, AddressFamily family);

    /// <summary>All addresses of a family that connections may go to, unhealthy addresses included.</summary>
    public abstract IEnumerable<IPEndPoint> Known(DestinationModel destination, AddressFamily family);

    /// <summary>The addresses according to health checks.</summary>
    /// <param name="isForwarding">
    /// Whether the kernel forwards a family. If it does not, the family gets no address, because clients would wait in vain for an answer.
    /// </param>
    public static DnatTargets Healthy(Func<AddressFamily, bool> isForwarding) => new HealthyTargets(isForwarding);

    // Hexadecimal text sorts in the same order as the bytes.
    private static string Sorted(IPEndPoint endPoint) => Convert.ToHexString(endPoint.Address.GetAddressBytes());

    private sealed class HealthyTargets(Func<AddressFamily, bool> isForwarding) : DnatTargets
    {
        private readonly bool _v4 = isForwarding(AddressFamily.InterNetwork);
        private readonly bool _v6 = isForwarding(AddressFamily.InterNetworkV6);

        public override IReadOnlyList<IPEndPoint> ForNew(DestinationModel destination, AddressFamily family) =>
            destination is { Weight: > 0, State.IsDrained: false, Health: { } health }
            && (family == AddressFamily.InterNetwork ? _v4 : _v6)
                ?
                [
                    .. health
                        .Addresses.Where(address => address.IsHealthy && address.Address.AddressFamily == family)
                        .Select(static address => address.Address)
                        .Distinct()
                        .OrderBy(Sorted, StringComparer.Ordinal),
                ]
                : [];

        public override IEnumerable<IPEndPoint> Known(DestinationModel destination, AddressFamily family) =>
            (destination.Health?.Addresses ?? [])
                .Select(static address => address.Address)
                .Where(address => address.AddressFamily == family)
                .OrderBy(Sorted, StringComparer.Ordinal);
    }

    private sealed class PlaceholderTargets : DnatTargets
    {
        // RFC 5737 and RFC 3849: addresses for documentation.
        private static readonly IPAddress V4 = IPAddress.Parse("192.0.2.1");
        private static readonly IPAddress V6 = IPAddress.Parse("2001:db8::1");

        public override IReadOnlyList<IPEndPoint> ForNew(DestinationModel destination, AddressFamily family) =>
            [new(family == AddressFamily.InterNetwork ? V4 : V6, destination.Port)];

        public override IEnumerable<IPEndPoint> Known(DestinationModel destination, AddressFamily family) => ForNew(destination, family);
    }
}
