using Gateway.Configuration;
using Gateway.Tcp.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>What the objects of a cluster mean: a part of the configuration, and what their statuses say. Immutable.</summary>
internal sealed record TranslatedObjects
{
    /// <summary>Listeners by name.</summary>
    public IReadOnlyDictionary<string, ListenerConfig> Listeners { get; init; } = new Dictionary<string, ListenerConfig>();

    /// <summary>TCP routes by name.</summary>
    public IReadOnlyDictionary<string, TcpRouteConfig> Routes { get; init; } = new Dictionary<string, TcpRouteConfig>();

    /// <summary>TCP clusters by name.</summary>
    public IReadOnlyDictionary<string, TcpClusterConfig> Clusters { get; init; } = new Dictionary<string, TcpClusterConfig>();

    /// <summary>YARP's routes by name.</summary>
    public IReadOnlyDictionary<string, RouteConfig> HttpRoutes { get; init; } = new Dictionary<string, RouteConfig>();

    /// <summary>YARP's clusters by name.</summary>
    public IReadOnlyDictionary<string, ClusterConfig> HttpClusters { get; init; } = new Dictionary<string, ClusterConfig>();

    /// <summary>The object from which each entry comes, by the entry's key path: <c>TCPRoute default/tcp-app-1</c>.</summary>
    public IReadOnlyDictionary<string, string> Origins { get; init; } = new Dictionary<string, string>();

    /// <summary>The status of the class; null: there is no such class, or another controller serves it.</summary>
    public ClassStatus? Class { get; init; }

    /// <summary>The statuses of the class's Gateways.</summary>
    public IReadOnlyList<GatewayStatus> Gateways { get; init; } = [];

    /// <summary>The statuses of routes that refer to them.</summary>
    public IReadOnlyList<RouteStatus> RouteStatuses { get; init; } = [];

    /// <summary>The statuses of policies.</summary>
    public IReadOnlyList<PolicyStatus> PolicyStatuses { get; init; } = [];
}
