using Gateway.Tcp.Clusters;

namespace Gateway.Tcp.Routing;

/// <summary>
/// The configuration of the TCP data plane, resolved and immutable. A reload replaces the whole model; a live connection keeps the model
/// with which it started.
/// </summary>
public sealed class TcpModel
{
    internal TcpModel(IReadOnlyDictionary<string, ListenerModel> listeners, IReadOnlyDictionary<string, ClusterModel> clusters)
    {
        Listeners = listeners;
        Clusters = clusters;
    }

    /// <summary>No listeners, no routes.</summary>
    public static TcpModel Empty { get; } =
        new(new Dictionary<string, ListenerModel>(), new Dictionary<string, ClusterModel>());

    /// <summary>Listeners by name, regardless of case.</summary>
    public IReadOnlyDictionary<string, ListenerModel> Listeners { get; }

    /// <summary>Clusters by name, regardless of case.</summary>
    public IReadOnlyDictionary<string, ClusterModel> Clusters { get; }

    // Only a cluster whose name has the same spelling, because metrics and logs contain the name.
    internal ClusterModel? ClusterNamed(string name) =>
        Clusters.GetValueOrDefault(name) is { } cluster && cluster.Name == name ? cluster : null;
}
