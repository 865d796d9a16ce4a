using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// The part of the configuration that the kernel is to forward: the listeners with at least one Dnat route. Each listener has all its
/// routes here, because all routes together decide which clients are forwarded. Immutable.
/// </summary>
public sealed class DnatModel
{
    private DnatModel(IReadOnlyList<(DnatListener Listener, ListenerModel Model)> listeners) => Listeners = listeners;

    /// <summary>A model that forwards nothing.</summary>
    public static DnatModel Empty { get; } = new([]);

    /// <summary>Whether there is nothing to forward.</summary>
    public bool IsEmpty => Listeners.Count == 0;

    /// <summary>The listeners, with their routes.</summary>
    internal IReadOnlyList<(DnatListener Listener, ListenerModel Model)> Listeners { get; }

    /// <summary>The routes that the kernel serves.</summary>
    internal IEnumerable<RouteModel> Routes => Listeners.SelectMany(static entry => entry.Model.Routes).Where(IsDnat);

    /// <summary>Makes a model.</summary>
    /// <param name="model">All TCP listeners, routes and clusters.</param>
    /// <param name="listeners">The addresses of the TCP listeners.</param>
    public static DnatModel From(TcpModel model, IEnumerable<DnatListener> listeners)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(listeners);
        var forwarded = new List<(DnatListener Listener, ListenerModel Model)>();
        foreach (var listener in listeners)
        {
            if (model.Listeners.TryGetValue(listener.Name, out var routes) && routes.Routes.Any(IsDnat))
            {
                forwarded.Add((listener, routes));
            }
        }

        return new DnatModel(forwarded);
    }

    /// <summary>The listener that clients reach at an address, with its routes; nulls: none.</summary>
    internal (DnatListener? Listener, ListenerModel? Model) ListenerOf(IPEndPoint address) =>
        Listeners.FirstOrDefault(entry => entry.Listener.Takes(address));

    /// <summary>Whether the kernel serves this route.</summary>
    internal static bool IsDnat(RouteModel route) => route.SourceIp.Mode == SourceIpMode.Dnat;

    /// <summary>The clusters to which the kernel forwards.</summary>
    internal IEnumerable<ClusterModel> Clusters => Routes.Select(static route => route.Cluster).Distinct();
}
