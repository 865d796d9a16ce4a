namespace Gateway.Tcp.Configuration;

/// <summary>Which PROXY header a health check sends.</summary>
public enum TcpHealthCheckHeader
{
    /// <summary>
    /// The header of <see cref="V2"/> or <see cref="V1"/>, if a route of the cluster has the mode ProxyProtocol with this version. A check
    /// of kind Connect sends none.
    /// </summary>
    Auto,

    /// <summary>No header.</summary>
    None,

    /// <summary>Version 1, with the endpoints of the check's own connection.</summary>
    V1,

    /// <summary>Version 2 with the command LOCAL.</summary>
    V2,
}
