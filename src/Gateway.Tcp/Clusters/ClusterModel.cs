using System.Net;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Networks;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// A cluster, resolved from <see cref="TcpClusterConfig"/>: its destinations, their shares, and how long one connect attempt may take.
/// Immutable. What changes at run time is in the state objects of the cluster and its destinations. The model after a reload takes over
/// these state objects.
/// </summary>
public sealed class ClusterModel
{
    /// <summary>Makes a cluster.</summary>
    /// <param name="name">The key of the cluster.</param>
    /// <param name="config">The section of the cluster, validated.</param>
    /// <param name="networks">The section <c>Networks</c>; null: there is none.</param>
    /// <param name="isDnat">Whether the kernel forwards connections to the cluster.</param>
    /// <param name="before">The model of the same name that is in force; the new model takes over its states. Null: there is none.</param>
    /// <param name="expected">What the destinations expect at the beginning of a connection.</param>
    /// <param name="sources">Finds what follows the addresses of a destination; null, or returns null: DNS.</param>
    internal ClusterModel(
        string name,
        TcpClusterConfig config,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? networks = null,
        bool isDnat = false,
        ClusterModel? before = null,
        ExpectedOpening expected = default,
        Func<string, IAddressSource?>? sources = null)
    {
        Name = name;
        State = before?.State ?? new ClusterState();
        ConnectTimeout = config.ConnectTimeout;
        DialTimeout = config.DialTimeout;
        Queue = config.Queue;
        Socket = TcpSocketOptions.From(config.Socket);
        if (config.Type != TcpClusterType.Static)
        {
            var allowed = NetworkList.Resolve(config.AllowedDestinations, networks ?? new Dictionary<string, IReadOnlyList<string>>());
            Original = new OriginalDestination(allowed, onLoopback: config.Type == TcpClusterType.OriginalPort);
            Destinations = [DestinationModel.Original(before?.Original is null ? null : before.Destinations[0].State)];
            Tiers = ResolveTiers();
            return;
        }

        HealthCheck = HealthCheckModel.Of(config.HealthCheck, isDnat, expected);
        Passive = PassiveRules.From(config.HealthCheck);
        RejectsWhenAllDown = config.HealthCheck is { WhenAllDown: TcpAllDownAction.Reject };
        ClosesUnhealthy = config.HealthCheck is { WhenUnhealthy: TcpUnhealthyAction.Close };
        HasAffinity = config.SessionAffinity is not null;
        Destinations = Resolve(config.Destinations, before, sources);
        NeedsNames = Destinations.Any(static destination => destination.Literal is null);
        Policy = config.LoadBalancingPolicy;
        Tiers = ResolveTiers();
    }

    /// <summary>The key of the cluster in <c>Clusters</c>.</summary>
    public string Name { get; }

    /// <summary>What changes at run time.</summary>
    internal ClusterState State { get; }

    /// <summary>The time limit of one connect attempt to one address.</summary>
    public TimeSpan ConnectTimeout { get; }

    /// <summary>The time limit of a whole dial; null: none.</summary>
    public TimeSpan? DialTimeout { get; }

    /// <summary>How many dials wait for a place at a destination, and for how long.</summary>
    public TcpQueueConfig Queue { get; }

    /// <summary>Buffers and DSCP of connections to the destinations; null: the kernel's.</summary>
    internal TcpSocketOptions? Socket { get; }

    /// <summary>The destinations, in the order of the file.</summary>
    public IReadOnlyList<DestinationModel> Destinations { get; }

    /// <summary>How TLS to its destinations is begun; null: in clear.</summary>
    internal IClientTls? Tls { get; init; }

    /// <summary>Which original destinations may be dialed; null: the destinations are written in the file.</summary>
    internal OriginalDestination? Original { get; }

    /// <summary>How the destinations are checked; null: they are not checked.</summary>
    internal HealthCheckModel? HealthCheck { get; }

    /// <summary>After which failed connects a destination is left out; null: never.</summary>
    internal PassiveRules? Passive { get; }

    /// <summary>Whether connections are refused while every destination is out of use; otherwise all are tried.</summary>
    internal bool RejectsWhenAllDown { get; }

    /// <summary>Whether the live connections of an address end when active checks take the address out of use.</summary>
    internal bool ClosesUnhealthy { get; }

    /// <summary>Whether all connections of a client go to the same destination.</summary>
    internal bool HasAffinity { get; }

    /// <summary>Whether any destination is a name.</summary>
    internal bool NeedsNames { get; }

    /// <summary>The name of <see cref="Policy"/>, or of affinity.</summary>
    public string PolicyName => HasAffinity ? "SessionAffinity" : Policy.ToString();

    /// <summary>The number of dials that wait for a place at a destination.</summary>
    public int Waiting => State.Line.Count;

    /// <summary>How the destination of a connection is chosen, apart from affinity.</summary>
    internal TcpLoadBalancingPolicy Policy { get; }

    /// <summary>
    /// How an address of a name is chosen; null: in the resolver's order. With affinity this order stays, because turns would send a client
    /// to another pod each time.
    /// </summary>
    internal TcpLoadBalancingPolicy? AddressPolicy => HasAffinity ? null : Policy;

    /// <summary>
    /// The destinations of each priority that have a weight, the lowest priority first. Each chooses among its destinations by their number
    /// in <see cref="Destinations"/>.
    /// </summary>
    internal IReadOnlyList<BalancingPolicy> Tiers { get; }

    /// <summary>
    /// Whether any destination may be used. If none may be used, the dialer tries all of them, because a wrong check must not be worse than
    /// no check.
    /// </summary>
    internal bool HasUsable()
    {
        // No foreach, because the enumerator of an IReadOnlyList is an allocation for each connection.
        for (var number = 0; number < Destinations.Count; number++)
        {
            if (Destinations[number].IsUsable)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether an operator has drained every destination, so that none may be tried. False without destinations.</summary>
    internal bool IsDrained()
    {
        var number = 0;
        while (number < Destinations.Count && Destinations[number].State.IsDrained)
        {
            number++;
        }

        return number > 0 && number == Destinations.Count;
    }

    /// <summary>The states of the addresses of a destination's answer, and how a dial chooses among them.</summary>
    internal AddressSet AddressesOf(DestinationModel destination, IPEndPoint[] answer) =>
        destination.State.Addresses.Of(answer, AddressPolicy, HasAffinity && destination.Source is not null);

    /// <summary>Makes the states of a destination those of the addresses that its source knows now, without a dial.</summary>
    internal void FollowSource(DestinationModel destination)
    {
        if (destination.Source?.Current is IPEndPoint[] answer)
        {
            AddressesOf(destination, answer);
        }
    }

    /// <summary>
    /// Puts the model in force: the maximum of each destination, in the state that all models share. Dials that wait get the places that a
    /// raised maximum has made.
    /// </summary>
    internal void PutInForce()
    {
        foreach (var destination in Destinations)
        {
            destination.State.Most = destination.MaxConnections ?? Load.Unlimited;
            Serve(destination.State);
        }
    }

    /// <summary>Gives the free places of a destination to dials that wait. A destination that is drained has none.</summary>
    internal void Serve(DestinationState destination)
    {
        if (!destination.IsDrained)
        {
            State.Line.ServeAll(destination);
        }
    }

    private BalancingPolicy[] ResolveTiers() =>
    [
        .. Destinations
            .Select(static (destination, number) => (Model: destination, Share: Of(destination, number)))
            .Where(static destination => destination.Share.Weight > 0)
            .GroupBy(static destination => destination.Model.Priority, static destination => destination.Share)
            .OrderBy(static tier => tier.Key)
            .Select(tier => PolicyOf([.. tier])),
    ];

    private static Share Of(DestinationModel destination, int number) =>
        new(number, destination.Name, destination.Weight, destination.State);

    private BalancingPolicy PolicyOf(Share[] tier)
    {
        var policy = BalancingPolicy.Create(Policy, tier, State.Turns, Random.Shared);
        return HasAffinity ? new ClientAddressPolicy(tier, Policy == TcpLoadBalancingPolicy.RoundRobin ? null : policy) : policy;
    }

    // A destination whose address has changed counts as a new destination.
    private DestinationModel[] Resolve(
        IReadOnlyDictionary<string, TcpDestinationConfig> destinations, ClusterModel? before, Func<string, IAddressSource?>? sources)
    {
        var known = before?.Destinations.ToDictionary(static destination => (destination.Name, destination.Address));
        var keepsHealth = before?.HealthCheck == HealthCheck;
        return [.. destinations.Select(entry =>
        {
            var same = known?.GetValueOrDefault((entry.Key, entry.Value.Address ?? ""));
            var state = same?.State ?? new DestinationState(State.Line) { Most = entry.Value.MaxConnections ?? Load.Unlimited };
            return new DestinationModel(entry.Key, entry.Value.Address ?? "", state, sources?.Invoke(entry.Value.Address ?? ""))
            {
                Weight = entry.Value.Weight,
                Priority = entry.Value.Priority,
                MaxConnections = entry.Value.MaxConnections,
                Health = HealthCheck is null ? null : (keepsHealth ? same?.Health : null) ?? new DestinationHealth(),
            };
        })];
    }
}
