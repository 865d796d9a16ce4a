using Gateway.Tcp.Balancing;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// The run-time state of a cluster. All models of clusters with the same name share one state, so that a reload does not restart the round
/// robin. Safe from any thread. The order in which a connection tries the destinations is decided in <c>Dialing/Dial.cs</c>.
/// </summary>
internal sealed class ClusterState
{
    /// <summary>Counts the turns of policies that take turns.</summary>
    public Turns Turns { get; } = new();

    /// <summary>The dials that wait for a place at a destination.</summary>
    public WaitingLine Line { get; } = new();
}
