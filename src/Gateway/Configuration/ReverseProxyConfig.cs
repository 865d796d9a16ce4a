using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration;

/// <summary>YARP's section, in YARP's own types.</summary>
public sealed record ReverseProxyConfig
{
    /// <summary>Routes, in the order of the file.</summary>
    public IReadOnlyList<RouteConfig> Routes { get; init; } = [];

    /// <summary>Clusters, in the order of the file.</summary>
    public IReadOnlyList<ClusterConfig> Clusters { get; init; } = [];
}
