using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>The cluster of a Service.</summary>
internal static class KubernetesCluster
{
    /// <summary>
    /// The port of a Service that cannot exist, because names of ports have at most 15 characters. A cluster of it never has a destination,
    /// so its share of connections is refused, and nobody can change that with a Service of this name.
    /// </summary>
    private const string NoPort = "nobody:no-such-endpoint";

    /// <summary>A cluster of the endpoints of a Service.</summary>
    /// <param name="backend">The Service.</param>
    public static TcpClusterConfig Of(Backend backend) => Of($"{backend.Service}:{backend.Port}");

    /// <summary>A cluster without any endpoint.</summary>
    /// <param name="ns">The namespace of the route, which is watched anyway.</param>
    public static TcpClusterConfig Nobody(string ns) => Of($"{ns}/{NoPort}");

    private static TcpClusterConfig Of(string service) => new() { Type = TcpClusterType.Kubernetes, Service = service };
}
