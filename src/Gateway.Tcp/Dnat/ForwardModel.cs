using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// What the kernel is to forward: the listeners with at least one Dnat route, each with all its routes, since they decide together.
/// Immutable.
/// </summary>
public sealed class ForwardModel
{
    private ForwardModel(IReadOnlyList<(ForwardListener Listener, ListenerModel Model)> listeners) => Listeners = listeners;

    /// <summary>Nothing.</summary>
    public static ForwardModel Empty { get; } = new([]);

    /// <summary>Whether there is nothing to forward.</summary>
    public bool IsEmpty => Listeners.Count == 0;

    /// <summary>The listeners, with their routes.</summary>
    internal IReadOnlyList<(ForwardListener Listener, ListenerModel Model)> Listeners { get; }

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

        return new ForwardModel(forwarded);
    }

    /// <summary>Whether the kernel serves a route.</summary>
    internal static bool IsForwarded(RouteModel route) => route.SourceIp.Mode == SourceIpMode.Dnat;

    /// <summary>The clusters to which the kernel forwards.</summary>
    internal IEnumerable<ClusterModel> Clusters => Routes.Select(static route => route.Cluster).Distinct();
}
