using System.Net;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Clusters;

/// <summary>A cluster, resolved from <see cref="TcpClusterConfig"/>: where to connect, in which shares, and how long one attempt may take.</summary>
public sealed class ClusterModel
{
    // Null: one slot for each destination, in order.
    private readonly ushort[]? _slots;
    private int _turn;

    /// <summary>Makes a cluster.</summary>
    /// <param name="name">Its key.</param>
    /// <param name="config">Its section, validated.</param>
    /// <param name="networks">The section <c>Networks</c>; null: none.</param>
    public ClusterModel(string name, TcpClusterConfig config, IReadOnlyDictionary<string, IReadOnlyList<string>>? networks = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        Name = name;
        ConnectTimeout = config.ConnectTimeout;
        if (config.Type != TcpClusterType.Static)
        {
            var allowed = NetworkList.Resolve(config.AllowedDestinations, networks ?? new Dictionary<string, IReadOnlyList<string>>());
            Original = new OriginalDestination(allowed, onLoopback: config.Type == TcpClusterType.OriginalPort);
            Destinations = [DestinationModel.Original];
            return;
        }

        HealthCheck = HealthCheckModel.From(config.HealthCheck);
        Passive = PassiveRules.From(config.HealthCheck);
        HasAffinity = config.SessionAffinity is not null;
        Destinations = [.. config.Destinations.Select(static entry => new DestinationModel(entry.Key, entry.Value.Address ?? "") { Weight = entry.Value.Weight })];
        NeedsNames = Destinations.Any(static destination => destination.Literal is null);
        IsWeighted = Destinations.Any(static destination => destination.Weight != 1);
        _slots = HasAffinity ? SlotTable.ByHash([.. Destinations.Select(static destination => (destination.Name, destination.Weight))])
            : IsWeighted ? SlotTable.InTurn([.. Destinations.Select(static destination => destination.Weight)])
            : null;
    }

    /// <summary>Its key in <c>Clusters</c>.</summary>
    public string Name { get; }

    /// <summary>Limit of one connect attempt, to one address.</summary>
    public TimeSpan ConnectTimeout { get; }

    /// <summary>Its destinations in the order of the file.</summary>
    public IReadOnlyList<DestinationModel> Destinations { get; }

    /// <summary>Which original destinations may be dialled; null: its destinations are those of the file.</summary>
    internal OriginalDestination? Original { get; }

    /// <summary>How its destinations are checked; null if the configuration does not say.</summary>
    internal HealthCheckModel? HealthCheck { get; }

    /// <summary>When failed connects leave a destination out; null: never.</summary>
    internal PassiveRules? Passive { get; }

    /// <summary>Whether a client's connections go to one destination.</summary>
    internal bool HasAffinity { get; }

    /// <summary>Whether any destination is a name.</summary>
    internal bool NeedsNames { get; }

    private bool IsWeighted { get; }

    /// <summary>
    /// Where the next connection of a client starts: its own destination if the cluster has affinity, else the next in turn by weight, so that load spreads evenly
    /// and a dead destination costs only its share of connections a failed attempt. The turn starts anew with each configuration.
    /// </summary>
    internal int NextStart(IPAddress client)
    {
        if (Destinations.Count < 2)
        {
            return 0;
        }

        if (HasAffinity)
        {
            return _slots![SlotTable.SlotOf(client, _slots.Length)];
        }

        var turn = (uint)Interlocked.Increment(ref _turn);
        return _slots is { } slots ? slots[turn % (uint)slots.Length] : (int)(turn % (uint)Destinations.Count);
    }

    /// <summary>Whether any destination may be used; if none may, all are tried: a wrong check must not be worse than none.</summary>
    internal bool HasUsable()
    {
        // By number: an enumerator of a list behind an interface is an allocation, for each connection.
        for (var number = 0; number < Destinations.Count; number++)
        {
            if (Destinations[number].IsUsable)
            {
                return true;
            }
        }

        return false;
    }
}
