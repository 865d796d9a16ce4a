using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;

namespace Gateway.Tcp.Dnat;

/// <summary>Where each destination's connections go now.</summary>
internal abstract class DnatTargets
{
    /// <summary>Addresses that stand for those that are not looked up yet: for checking rules before anything is changed.</summary>
    public static DnatTargets Placeholders { get; } = new PlaceholderTargets();

    /// <summary>
    /// The addresses for new connections of a family, in an order that does not depend on the name server's; empty: none, because it is not
    /// healthy, has none, weighs nothing, or forwarding is off.
    /// </summary>
    public abstract IReadOnlyList<IPEndPoint> ForNew(DestinationModel destination, AddressFamily family);

    /// <summary>All addresses of a family that connections may go to, old ones included.</summary>
    public abstract IEnumerable<IPEndPoint> Known(DestinationModel destination, AddressFamily family);

    /// <summary>What health checks say.</summary>
    /// <param name="isForwarding">Whether the kernel forwards a family: else clients would wait for an answer that cannot come.</param>
    public static DnatTargets Healthy(Func<AddressFamily, bool> isForwarding) => new HealthyTargets(isForwarding);

    // Bytes in hex sort as the bytes do.
    private static string Sorted(IPEndPoint endPoint) => Convert.ToHexString(endPoint.Address.GetAddressBytes());

    private sealed class HealthyTargets(Func<AddressFamily, bool> isForwarding) : DnatTargets
    {
        private readonly bool _v4 = isForwarding(AddressFamily.InterNetwork);
        private readonly bool _v6 = isForwarding(AddressFamily.InterNetworkV6);

        public override IReadOnlyList<IPEndPoint> ForNew(DestinationModel destination, AddressFamily family) =>
            destination.Weight > 0 && (family == AddressFamily.InterNetwork ? _v4 : _v6) && destination.Health is { } health
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
