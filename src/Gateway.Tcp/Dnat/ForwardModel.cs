using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Dnat;

/// <summary>What the kernel is to forward: the listeners with at least one Dnat route, each with all its routes, since they decide together. Immutable.</summary>
public sealed class ForwardModel
{
    private ForwardModel(IReadOnlyList<(ForwardListener Listener, ListenerModel Model)> listeners, TcpModel model)
    {
        Listeners = listeners;
        Model = model;
    }

    /// <summary>Nothing.</summary>
    public static ForwardModel Empty { get; } = new([], TcpModel.Empty);

    /// <summary>Whether there is nothing to forward.</summary>
    public bool IsEmpty => Listeners.Count == 0;

    /// <summary>The listeners, with their routes.</summary>
    internal IReadOnlyList<(ForwardListener Listener, ListenerModel Model)> Listeners { get; }

    /// <summary>The model that this was made from.</summary>
    internal TcpModel Model { get; }

    /// <summary>The routes that the kernel serves.</summary>
    internal IEnumerable<RouteModel> Routes => Listeners.SelectMany(static entry => entry.Model.Routes).Where(IsForwarded);

    /// <summary>Makes a model.</summary>
    /// <param name="model">All TCP listeners, routes and clusters.</param>
    /// <param name="listeners">Where the TCP listeners listen.</param>
    public static ForwardModel From(TcpModel model, IEnumerable<ForwardListener> listeners)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(listeners);
        var forwarded = new List<(ForwardListener Listener, ListenerModel Model)>();
        foreach (var listener in listeners)
        {
            if (model.Listeners.TryGetValue(listener.Name, out var routes) && routes.Routes.Any(IsForwarded))
            {
                forwarded.Add((listener, routes));
            }
        }

        return new ForwardModel(forwarded, model);
    }

    /// <summary>Whether the kernel serves a route.</summary>
    internal static bool IsForwarded(RouteModel route) => route.SourceIp.Mode == SourceIpMode.Dnat;

    /// <summary>The names of the clusters to which the kernel forwards.</summary>
    internal HashSet<string> ForwardedClusters() => Routes.Select(static route => route.Cluster.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The clusters whose destinations are to be watched, and how: those that say so, and those of Dnat routes, for which nobody else would notice.</summary>
    internal IEnumerable<(ClusterModel Cluster, HealthCheckModel Rules)> Watched()
    {
        var forwarded = ForwardedClusters();
        foreach (var cluster in Model.Clusters.Values.Where(static cluster => cluster.Original is null))
        {
            var isForwarded = forwarded.Contains(cluster.Name);
            var rules = cluster.HealthCheck ?? (isForwarded ? HealthCheckModel.Default : null);
            if (rules is not null && (rules.Enabled || isForwarded))
            {
                yield return (cluster, rules);
            }
        }
    }
}
