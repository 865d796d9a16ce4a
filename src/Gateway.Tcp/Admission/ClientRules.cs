using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Admission;

/// <summary>The section <c>PerClient</c> of a listener's limits, resolved. Immutable.</summary>
/// <param name="MaxConnections">The most connections of a client at once; int.MaxValue: no limit.</param>
/// <param name="Rate">The rate of a client's new connections; null: no limit.</param>
/// <param name="IPv4PrefixLength">The number of bits of an IPv4 address that name a client.</param>
/// <param name="IPv6PrefixLength">The number of bits of an IPv6 address that name a client.</param>
internal sealed record ClientRules(int MaxConnections, TokenRate? Rate, int IPv4PrefixLength, int IPv6PrefixLength)
{
    /// <summary>Resolves a section; null if it is absent or limits nothing.</summary>
    public static ClientRules? From(PerClientLimitsConfig? config) =>
        config is null or { MaxConnections: null, ConnectionsPerSecond: null }
            ? null
            : new ClientRules(
                config.MaxConnections ?? int.MaxValue,
                config.ConnectionsPerSecond is { } rate ? new TokenRate(rate, config.Burst) : null,
                config.IPv4PrefixLength,
                config.IPv6PrefixLength);
}
