using Gateway.Tcp.Clusters;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Status;

/// <summary>A destination of a TCP cluster, as the status page shows it.</summary>
public sealed record DestinationStatus
{
    /// <summary>The key of the destination.</summary>
    public required string Name { get; init; }

    /// <summary>The address as written.</summary>
    public required string Address { get; init; }

    /// <summary>The verdict of health checks; null: there is none.</summary>
    public bool? Health { get; init; }

    /// <summary>The connections and dials now.</summary>
    public int ActiveConnections { get; init; }

    /// <summary>The most connections at once; null: no limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>The share of new connections.</summary>
    public int Weight { get; init; }

    /// <summary>Higher numbers get connections only if no lower number is usable.</summary>
    public int Priority { get; init; }

    /// <summary>Whether passive health checks leave it out.</summary>
    public bool IsEjected { get; init; }

    /// <summary>Whether an operator has drained it.</summary>
    public bool IsDrained { get; init; }

    /// <summary>How often a dial failed at all of its addresses.</summary>
    public long Failures { get; init; }

    /// <summary>The cause of the last failure, of a client's connect or of a health check; null: there was none.</summary>
    public string? LastError { get; init; }

    /// <summary>The connects of the last minute.</summary>
    public RecentSummary Connects { get; init; }

    /// <summary>Its addresses, as far as they are known.</summary>
    public IReadOnlyList<AddressStatus> Addresses { get; init; } = [];

    /// <summary>The destinations of a cluster of the model in force, in the order of the file.</summary>
    /// <param name="cluster">The cluster.</param>
    public static IReadOnlyList<DestinationStatus> Of(ClusterModel cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return [.. cluster.Destinations.Select(destination => StatusOf(cluster, destination))];
    }

    private static DestinationStatus StatusOf(ClusterModel cluster, DestinationModel destination)
    {
        var state = destination.State;
        cluster.FollowSource(destination);
        var addresses = AddressesOf(destination);
        var verdicts = destination.Health?.Addresses ?? [];
        return new DestinationStatus
        {
            Name = destination.Name,
            Address = destination.Address,
            Health = VerdictOf(verdicts),
            ActiveConnections = state.Connections,
            MaxConnections = destination.MaxConnections,
            Weight = destination.Weight,
            Priority = destination.Priority,
            IsEjected = state.Passive.IsLeftOut,
            IsDrained = state.IsDrained,
            Failures = state.Failures,
            LastError = verdicts.FirstOrDefault(static address => address.IsDown)?.LastFailure ?? state.LastFailure,
            Connects = state.Connects.Read(),
            Addresses = addresses,
        };
    }

    private static List<AddressStatus> AddressesOf(DestinationModel destination)
    {
        var verdicts = (destination.Health?.Addresses ?? []).ToList();
        var addresses = new List<AddressStatus>();
        foreach (var state in destination.State.Addresses.Current)
        {
            var verdict = verdicts.Find(one => one.Address.Equals(state.Address));
            addresses.Add(new AddressStatus(
                state.Address, verdict is null ? null : VerdictOf([verdict]), state.Connections, state.IsFailing, verdict?.LastFailure));
        }

        var others = verdicts.Where(verdict => !addresses.Exists(address => address.Address.Equals(verdict.Address)));
        return
        [
            .. addresses,
            .. others.Select(static verdict => new AddressStatus(verdict.Address, VerdictOf([verdict]), null, false, verdict.LastFailure)),
        ];
    }

    private static bool? VerdictOf(IReadOnlyList<AddressHealth> addresses) =>
        addresses.Any(static address => address.IsHealthy) ? true
        : addresses.Any(static address => address.IsDown) ? false
        : null;
}
