namespace Gateway.Tcp.Configuration;

/// <summary>Where a cluster's addresses come from.</summary>
public enum TcpClusterType
{
    /// <summary>From its <see cref="TcpClusterConfig.Destinations"/>.</summary>
    Static,

    /// <summary>What the client of an intercepting listener connected to, as the kernel knows it; never what a header says.</summary>
    OriginalDestination,

    /// <summary>
    /// The port that the client of an intercepting listener connected to, on 127.0.0.1 or ::1: the application listens on all addresses, or
    /// on loopback.
    /// </summary>
    OriginalPort,
}
