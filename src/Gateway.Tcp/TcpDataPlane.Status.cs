using Gateway.Tcp.Admission;
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
    public ForwardedAnswer ListForwarded(ForwardedQuestion question) => _dnat.List(question);

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
}
