using Gateway.Tcp.Clusters;

namespace Gateway.Tcp.Routing;

/// <summary>
/// Everything that the TCP data plane does by configuration, resolved and immutable. Swapped whole; a live connection stays on the one that
/// it started with.
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

    // In the same spelling: metrics and logs are by name.
    internal ClusterModel? ClusterNamed(string name) =>
        Clusters.GetValueOrDefault(name) is { } cluster && cluster.Name == name ? cluster : null;
}
