namespace Gateway.Tcp.Configuration;

/// <summary>Where a cluster's addresses come from.</summary>
public enum TcpClusterType
{
    /// <summary>The cluster's <see cref="TcpClusterConfig.Destinations"/>.</summary>
    Static,

    /// <summary>
    /// The address that the client of an intercepting listener connected to, as the kernel knows it. Never the destination in a PROXY
    /// header.
    /// </summary>
    OriginalDestination,

    /// <summary>
    /// The port that the client of an intercepting listener connected to, on 127.0.0.1 or ::1, because the application listens on all
    /// addresses or on loopback.
    /// </summary>
    OriginalPort,

    /// <summary>
    /// The endpoints of a Service of Kubernetes (<see cref="TcpClusterConfig.Service"/>), as its EndpointSlices have them.
    /// </summary>
    Kubernetes,
}
