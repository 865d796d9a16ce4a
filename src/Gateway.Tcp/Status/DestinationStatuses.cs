using Gateway.Tcp.Clusters;

namespace Gateway.Tcp.Status;

/// <summary>Reads what the status page shows of destinations.</summary>
public static class DestinationStatuses
{
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
