using System.Globalization;
using System.Net;

namespace Gateway.Tcp.Clusters;

/// <summary>A destination of a cluster, resolved from <see cref="Configuration.TcpDestinationConfig"/>. Immutable.</summary>
public sealed class DestinationModel
{
    /// <summary>Makes a destination.</summary>
    /// <param name="name">The key of the destination.</param>
    /// <param name="address"><c>host:port</c>, <c>ip:port</c> or <c>[v6]:port</c>, validated.</param>
    /// <param name="state">The run-time state; null: the destination is new.</param>
    /// <param name="source">Follows the addresses; null: the address is an IP literal or a name that DNS knows.</param>
    /// <exception cref="FormatException">The address has no port, because validation was left out.</exception>
    internal DestinationModel(string name, string address, DestinationState? state = null, IAddressSource? source = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(address);
        if (source is not null)
        {
            (Name, Address, Host, State, Source) = (name, address, source.Host, state ?? new DestinationState(), source);
            return;
        }

        var colon = address.LastIndexOf(':');
        if (colon < 0)
        {
            throw new FormatException($"'{address}' has no port.");
        }

        Name = name;
        Address = address;
        State = state ?? new DestinationState();
        Port = int.Parse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        Host = address[..colon].Trim('[', ']');
        if (IPAddress.TryParse(Host, out var literal))
        {
            Literal = [new IPEndPoint(literal.IsIPv4MappedToIPv6 ? literal.MapToIPv4() : literal, Port)];
        }
    }

    private DestinationModel(string name, DestinationState state) => (Name, Address, Host, State) = (name, "", "", state);

    /// <summary>The key of the destination in <c>Destinations</c>.</summary>
    public string Name { get; }

    /// <summary>The address as written.</summary>
    public string Address { get; }

    /// <summary>The host name or address, without brackets.</summary>
    public string Host { get; }

    /// <summary>The port; 0 if each address has its own (<see cref="Source"/>).</summary>
    public int Port { get; }

    /// <summary>The share of new connections, in relation to the other weights; 0: no connections. Defaults to 1.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Destinations with a higher number get connections only if none with a lower number is usable. Defaults to 0.</summary>
    public int Priority { get; init; }

    /// <summary>The most connections at once; null: no limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>The run-time state.</summary>
    internal DestinationState State { get; }

    /// <summary>The results of health checks; null if the cluster is not checked.</summary>
    internal DestinationHealth? Health { get; init; }

    /// <summary>Whether the destination may get new connections.</summary>
    internal bool IsUsable => Weight > 0 && Health is not { IsHealthy: false } && !State.IsDrained;

    /// <summary>Whether a dial may try the destination.</summary>
    /// <param name="usableOnly">Whether some destination is usable, so that those that health checks found dead are not tried.</param>
    internal bool MayBeTried(bool usableOnly) => usableOnly ? IsUsable : Weight > 0 && !State.IsDrained;

    /// <summary>The one address of an IP literal, which needs no DNS; null for a name.</summary>
    internal IPEndPoint[]? Literal { get; }

    /// <summary>Follows the addresses; null: the address is an IP literal or a name that DNS knows.</summary>
    internal IAddressSource? Source { get; }

    /// <summary>Makes the destination that stands for the address to which each client connected.</summary>
    /// <param name="state">The run-time state; null: the destination is new.</param>
    internal static DestinationModel Original(DestinationState? state) => new(OriginalDestination.Name, state ?? new DestinationState());
}
