namespace Gateway.Tcp.Configuration;

/// <summary>
/// Limits of each client of a listener (<c>Listeners:NAME:Limits:PerClient</c>). A client is an address or, with a shorter prefix, a
/// network. The address is that of the derived client, never that of a trusted proxy.
/// </summary>
public sealed record PerClientLimitsConfig
{
    /// <summary>Most connections of a client at once; more are refused. At least 1. Defaults to null: no limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>
    /// New connections of a client per second, on average; more are refused. From 0.001 to 1,000,000. Defaults to null: no limit.
    /// </summary>
    public double? ConnectionsPerSecond { get; init; }

    /// <summary>
    /// New connections that a client may open at once after a rest. From 1 to 1,000,000. Defaults to null: ConnectionsPerSecond, rounded
    /// up.
    /// </summary>
    public int? Burst { get; init; }

    /// <summary>IPv4 addresses with this prefix in common are one client. From 1 to 32. Defaults to 32.</summary>
    public int IPv4PrefixLength { get; init; } = 32;

    /// <summary>
    /// IPv6 addresses with this prefix in common are one client. From 1 to 128. Defaults to 64, because a network gives a host at least
    /// that many addresses (RFC 4291, section 2.5.1), and the host may use each of them.
    /// </summary>
    public int IPv6PrefixLength { get; init; } = 64;
}
