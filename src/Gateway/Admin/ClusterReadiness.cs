using Gateway.Snapshots;
using Gateway.Tcp;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Gateway.Admin;

/// <summary>Finds the clusters that readiness depends on (<c>Probes:ReadyWhen</c>) and that have no healthy destination.</summary>
internal sealed class ClusterReadiness(GatewayRuntime runtime, TcpDataPlane tcp, IProxyStateLookup http)
{
    /// <summary>The names of these clusters; empty: none, or readiness depends on no cluster.</summary>
    public IReadOnlyList<string> FindDown() =>
        runtime.Current.Config.Probes?.ReadyWhen is { } ready ? [.. ready.Clusters.Where(IsDown)] : [];

    private bool IsDown(string cluster) =>
        !tcp.HasUsableDestination(cluster)
        || (http.TryGetCluster(cluster, out var state) && state.DestinationsState.AllDestinations is { Count: > 0 } all && all.All(IsDown));

    // YARP's list of available destinations is not used, because its policies can make all destinations available when none is healthy. A
    // destination with unknown health does not count as down.
    private static bool IsDown(DestinationState destination) =>
        destination.Health is { Active: DestinationHealth.Unhealthy } or { Passive: DestinationHealth.Unhealthy };
}
