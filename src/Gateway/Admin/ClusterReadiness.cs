using Gateway.Snapshots;
using Gateway.Tcp;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Gateway.Admin;

/// <summary>Which of the clusters that readiness depends on (<c>Probes:ReadyWhen</c>) have no destination left.</summary>
internal sealed class ClusterReadiness(GatewayRuntime runtime, TcpDataPlane tcp, IProxyStateLookup http)
{
    /// <summary>Their names; empty: none, or readiness depends on no cluster.</summary>
    public IReadOnlyList<string> FindDown() =>
        runtime.Current.Config.Probes?.ReadyWhen is { } ready ? [.. ready.Clusters.Where(IsDown)] : [];

    private bool IsDown(string cluster) =>
        !tcp.HasUsableDestination(cluster)
        || (http.TryGetCluster(cluster, out var state) && state.DestinationsState.AllDestinations is { Count: > 0 } all && all.All(IsDown));

    // Not YARP's list of available ones: by its policies that can be everybody as soon as nobody is left. Unknown is not dead.
    private static bool IsDown(DestinationState destination) =>
        destination.Health is { Active: DestinationHealth.Unhealthy } or { Passive: DestinationHealth.Unhealthy };
}
