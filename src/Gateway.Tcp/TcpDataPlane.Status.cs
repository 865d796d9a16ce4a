using Gateway.Tcp.Admission;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Status;

namespace Gateway.Tcp;

/// <content>What the status page shows, and what an operator may do there.</content>
public sealed partial class TcpDataPlane
{
    /// <summary>The connections between accept and end.</summary>
    public LiveConnections Live => _live;

    /// <summary>The model in force.</summary>
    public TcpModel Model => _pipeline.Model;

    /// <summary>The live connections that the kernel forwards (Dnat routes), and how many there are.</summary>
    /// <param name="most">The most connections that are returned. The count includes all.</param>
    public (IReadOnlyList<ConnectionSummary> Connections, int Total) ListForwarded(int most) => _dnat.List(most);

    /// <summary>The destinations of a cluster of the model in force, in the order of the file.</summary>
    public static IReadOnlyList<DestinationStatus> DestinationsOf(ClusterModel cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return [.. cluster.Destinations.Select(destination => StatusOf(cluster, destination))];
    }

    /// <summary>
    /// Drains a destination of a cluster in force, or ends that: a drained destination gets no new connections, and its live connections
    /// go on. Reloads keep this; a restart forgets it.
    /// </summary>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="destination">The destination's name.</param>
    /// <param name="isDrained">Whether it is drained from now on.</param>
    /// <returns>False: there is no such destination.</returns>
    public bool SetDrained(string cluster, string destination, bool isDrained)
    {
        if (Model.Clusters.GetValueOrDefault(cluster) is not { } model
            || model.Destinations.FirstOrDefault(one => one.Name.Equals(destination, StringComparison.OrdinalIgnoreCase)) is not { } found)
        {
            return false;
        }

        found.State.IsDrained = isDrained;
        model.Serve(found.State);
        _dnat.Wake();
        return true;
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
