using System.Net;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Networks;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// A cluster, resolved from <see cref="TcpClusterConfig"/>: where to connect, in which shares, and how long one attempt may take.
/// Immutable; what it and its destinations are doing is in the states that it refers to, and that the next model takes over.
/// </summary>
public sealed class ClusterModel
{
    // Null: one slot for each destination, in order.
    private readonly ushort[]? _slots;

    /// <summary>Makes a cluster.</summary>
    /// <param name="name">Its key.</param>
    /// <param name="config">Its section, validated.</param>
    /// <param name="networks">The section <c>Networks</c>; null: none.</param>
    /// <param name="isDnat">Whether the kernel forwards to it.</param>
    /// <param name="before">The model of the same name that is in force: what it is doing goes on. Null: there is none.</param>
    internal ClusterModel(
        string name,
        TcpClusterConfig config,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? networks = null,
        bool isDnat = false,
        ClusterModel? before = null)
    {
        Name = name;
        State = before?.State ?? new ClusterState();
        ConnectTimeout = config.ConnectTimeout;
        if (config.Type != TcpClusterType.Static)
        {
            var allowed = NetworkList.Resolve(config.AllowedDestinations, networks ?? new Dictionary<string, IReadOnlyList<string>>());
            Original = new OriginalDestination(allowed, onLoopback: config.Type == TcpClusterType.OriginalPort);
            Destinations = [DestinationModel.Original(before?.Original is null ? null : before.Destinations[0].State)];
            return;
        }

        HealthCheck = HealthCheckModel.Of(config.HealthCheck, isDnat);
        Passive = PassiveRules.From(config.HealthCheck);
        HasAffinity = config.SessionAffinity is not null;
        Destinations = Resolve(config.Destinations, before);
        NeedsNames = Destinations.Any(static destination => destination.Literal is null);
        IsWeighted = Destinations.Any(static destination => destination.Weight != 1);
        _slots = HasAffinity ? SlotTable.ByHash([.. Destinations.Select(static destination => (destination.Name, destination.Weight))])
            : IsWeighted ? SlotTable.InTurn([.. Destinations.Select(static destination => destination.Weight)])
            : null;
    }

    /// <summary>Its key in <c>Clusters</c>.</summary>
    public string Name { get; }

    /// <summary>What it is doing.</summary>
    internal ClusterState State { get; }

    /// <summary>Limit of one connect attempt, to one address.</summary>
    public TimeSpan ConnectTimeout { get; }

    /// <summary>Its destinations in the order of the file.</summary>
    public IReadOnlyList<DestinationModel> Destinations { get; }

    /// <summary>Which original destinations may be dialed; null: its destinations are those of the file.</summary>
    internal OriginalDestination? Original { get; }

    /// <summary>How its destinations are checked; null: they are not.</summary>
    internal HealthCheckModel? HealthCheck { get; }

    /// <summary>When failed connects leave a destination out; null: never.</summary>
    internal PassiveRules? Passive { get; }

    /// <summary>Whether a client's connections go to one destination.</summary>
    internal bool HasAffinity { get; }

    /// <summary>Whether any destination is a name.</summary>
    internal bool NeedsNames { get; }

    private bool IsWeighted { get; }

    /// <summary>
    /// Where the next connection of a client starts: its own destination if the cluster has affinity, else the next in turn by weight, so
    /// that load spreads evenly and a dead destination costs only its share of connections a failed attempt.
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

        var turn = State.NextTurn();
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

    // A destination whose address has changed is another one.
    private DestinationModel[] Resolve(IReadOnlyDictionary<string, TcpDestinationConfig> destinations, ClusterModel? before)
    {
        var known = before?.Destinations.ToDictionary(static destination => (destination.Name, destination.Address));
        var keepsHealth = before?.HealthCheck == HealthCheck;
        return [.. destinations.Select(entry =>
        {
            var same = known?.GetValueOrDefault((entry.Key, entry.Value.Address ?? ""));
            return new DestinationModel(entry.Key, entry.Value.Address ?? "", same?.State)
            {
                Weight = entry.Value.Weight,
                Health = HealthCheck is null ? null : (keepsHealth ? same?.Health : null) ?? new DestinationHealth(),
            };
        })];
    }
}
